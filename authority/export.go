package authority

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"tokenscale/audit"
	"tokenscale/store"
)

// An exporter writes audit entries as lines of JSON to a sink. The audit log
// in the store is its queue: how far it has come is kept in the store too, so
// a sink that blocks or a crash loses nothing, and nobody waits for the sink.
// After a crash the last lines may come twice; their ids tell.
type exporter struct {
	a    *Authority
	sink io.Writer
	work chan struct{} // holds a token while there may be entries to write
	loop sync.WaitGroup

	// What a failed write left over goes out first, so that a line that was
	// cut in the middle is completed, not begun again.
	rest        []byte
	first, last uint64 // the numbers of the first and the last entry in rest
	recent      recent
	told        bool // what is in the way of the sink, since it was last looked at
}

const (
	exportBatch = 1000
	exportRetry = 5 * time.Second
	exportLook  = time.Second
)

func newExporter(a *Authority, sink io.Writer) *exporter {
	x := &exporter{a: a, sink: sink, work: make(chan struct{}, 1)}
	x.wake()
	return x
}

func (x *exporter) wake() {
	select {
	case x.work <- struct{}{}:
	default:
	}
}

// run writes entries as they come, until the authority closes.
func (x *exporter) run() {
	ctx := x.a.alive
	look := time.NewTicker(exportLook)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			x.lookAgain(ctx)
			continue
		case <-x.work:
		}
		if err := x.drain(ctx); err != nil && ctx.Err() == nil {
			x.a.log.Error("audit entries could not be written out; they are kept and tried again", "err", err)
			x.later(ctx)
		}
	}
}

func (x *exporter) later(ctx context.Context) {
	retry := time.NewTimer(exportRetry)
	defer retry.Stop()
	select {
	case <-ctx.Done():
	case <-retry.C:
		x.wake()
	}
}

// lookAgain looks at the sink, and tells once what is in its way.
func (x *exporter) lookAgain(ctx context.Context) {
	err := x.look(ctx)
	if err != nil && !x.told && ctx.Err() == nil {
		x.a.log.Error("audit entries could not be written out; they are kept", "err", err)
	}
	x.told = err != nil
}

// finish writes what is left, but does not wait for a sink that blocks longer
// than ctx: its lines come after the next start. It must be called after the
// authority was told to stop.
func (x *exporter) finish(ctx context.Context) error {
	ended := make(chan error, 1)
	go func() {
		x.loop.Wait()
		_ = x.look(ctx) // if it is in the way of a line, that will tell
		ended <- x.drain(ctx)
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return fmt.Errorf("the audit sink took no more lines; they are kept for the next start: %w", ctx.Err())
	}
}

// drain writes all entries that the sink has not got.
func (x *exporter) drain(ctx context.Context) error {
	for {
		if len(x.rest) == 0 {
			var err error
			if x.rest, x.first, x.last, err = x.next(ctx); err != nil || len(x.rest) == 0 {
				return err
			}
		}
		n, err := x.sink.Write(x.rest)
		if WrittenAgain(err) {
			if err := x.again(ctx, err); err != nil || ctx.Err() != nil {
				return errors.Join(err, ctx.Err())
			}
			continue
		}
		x.rest = x.rest[min(max(n, 0), len(x.rest)):]
		if err != nil {
			return fmt.Errorf("writing audit lines: %w", err)
		}
		if len(x.rest) > 0 {
			return fmt.Errorf("writing audit lines: %w", io.ErrShortWrite)
		}
		// These lines are out: note it even if we are told to stop meanwhile.
		if err := x.a.store.Update(context.WithoutCancel(ctx), func(w store.Writer) error {
			return x.a.mark.put(w, exportKey, x.last)
		}); err != nil {
			return err
		}
		x.recent.note(x.a.time.wall(), x.first)
	}
}

// next returns the next lines, and the numbers of the first and the last entry
// in them.
func (x *exporter) next(ctx context.Context) (lines []byte, first, last uint64, err error) {
	var out bytes.Buffer
	n := 0
	err = x.a.store.View(ctx, func(r store.Reader) error {
		if last, _, err = x.a.mark.get(r, exportKey); err != nil {
			return err
		}
		n, first = 0, last+1
		from := store.Range{From: []byte(seqKey(last + 1))}
		return x.a.entries.each(r, from, func(_ []byte, e audit.Entry) error {
			last = e.Seq
			if n++; n == exportBatch {
				err := json.NewEncoder(&out).Encode(e)
				return firstError(err, store.Stop)
			}
			return json.NewEncoder(&out).Encode(e)
		})
	})
	return out.Bytes(), first, last, err
}
