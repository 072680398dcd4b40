package ledger

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"tokenscale/audit"
	"tokenscale/authority/rows"
	"tokenscale/loop"
	"tokenscale/store"
)

// An Exporter writes audit entries as lines of JSON to a sink. The audit log
// in the store is its queue: how far it has come is kept in the store too, so
// a sink that blocks or a crash loses nothing, and nobody waits for the sink.
// After a crash the last lines may come twice; their ids tell.
type Exporter struct {
	ledger Ledger
	db     store.DB
	log    *slog.Logger
	wall   func() time.Time
	sink   io.Writer
	place  *place
	work   loop.Signal // set while there may be entries to write
	ended  sync.WaitGroup

	// What a failed write left over goes out first, so that a line that was
	// cut in the middle is completed, not begun again.
	rest         []byte
	before, upTo rows.Exported // how far the log was written out before rest, and with it
	recent       recent
	told         bool // what is in the way of the sink, since it was last looked at
}

const (
	exportBatch = 1000
	exportRetry = 5 * time.Second
	exportLook  = time.Second
)

// NewExporter returns an Exporter that follows db from now on. sink may block,
// and may be a Looker. wall is the machine's clock. If several nodes have db open, node is the name
// of this one: each has a sink, and all of them get all lines.
func NewExporter(l Ledger, db store.DB, sink io.Writer, node string, wall func() time.Time, log *slog.Logger) *Exporter {
	x := &Exporter{ledger: l, db: db, log: log, wall: wall, sink: sink, work: loop.NewSignal(), place: newPlace(l, db, node, wall)}
	db.Follow(func([]store.Change) { x.work.Set() })
	x.work.Set() // there may be entries of an earlier run
	return x
}

// Start writes entries as they come, on a goroutine of its own, until ctx ends.
// Every exportLook it looks at the sink.
func (x *Exporter) Start(ctx context.Context) {
	x.ended.Go(func() { x.work.EachOr(ctx, x.write, exportLook, x.lookAgain) })
}

func (x *Exporter) write(ctx context.Context) {
	if err := x.drain(ctx); err != nil && ctx.Err() == nil {
		x.log.Error("audit entries could not be written out; they are kept and tried again", "err", err)
		if loop.Rest(ctx, exportRetry) == nil {
			x.work.Set()
		}
	}
}

// lookAgain looks at the sink, and tells once what is in its way.
func (x *Exporter) lookAgain(ctx context.Context) {
	err := x.look(ctx)
	if err != nil && !x.told && ctx.Err() == nil {
		x.log.Error("audit entries could not be written out; they are kept", "err", err)
	}
	x.told = err != nil
	if err := x.place.noteDue(ctx); err != nil && ctx.Err() == nil {
		x.log.Error("how far audit entries were written out could not be written down; it is tried again", "err", err)
	}
}

// Finish writes what is left, but does not wait for a sink that blocks longer
// than ctx: its lines come after the next start. The context given to Start
// must be over.
func (x *Exporter) Finish(ctx context.Context) error {
	ended := make(chan error, 1)
	go func() {
		x.ended.Wait()
		_ = x.look(ctx) // if it is in the way of a line, that will tell
		ended <- errors.Join(x.drain(ctx), x.place.note(ctx))
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return fmt.Errorf("the audit sink took no more lines; they are kept for the next start: %w", ctx.Err())
	}
}

// drain writes all entries that the sink has not got.
func (x *Exporter) drain(ctx context.Context) error {
	for {
		if len(x.rest) == 0 {
			var err error
			if x.rest, x.before, x.upTo, err = x.next(ctx); err != nil || len(x.rest) == 0 {
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
		// These lines are out.
		if err := x.place.set(ctx, x.upTo); err != nil {
			return err
		}
		x.recent.note(x.wall(), x.before)
	}
}

// next returns the next lines, and how far the log was written out before them, and with them.
func (x *Exporter) next(ctx context.Context) (lines []byte, before, upTo rows.Exported, err error) {
	var out bytes.Buffer
	n := 0
	err = x.db.View(ctx, func(r store.Reader) error {
		if before, err = x.place.get(r); err != nil {
			return err
		}
		upTo = before
		return x.ledger.Lines(r, before, func(e audit.Entry) error {
			upTo = rows.Exported{Seq: e.Seq, Effects: e.Effect}
			if n++; n == exportBatch {
				return cmp.Or(json.NewEncoder(&out).Encode(e), store.Stop)
			}
			return json.NewEncoder(&out).Encode(e)
		})
	})
	return out.Bytes(), before, upTo, err
}
