package ledger

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
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
	sink   io.Writer
	work   loop.Signal // set while there may be entries to write
	ended  sync.WaitGroup

	// What a failed write left over goes out first, so that a line that was
	// cut in the middle is completed, not begun again.
	rest []byte
	last uint64 // the number of the last entry in rest
}

const (
	exportBatch = 1000
	exportRetry = 5 * time.Second
)

// NewExporter returns an Exporter that follows db from now on. sink may block.
func NewExporter(l Ledger, db store.DB, sink io.Writer, log *slog.Logger) *Exporter {
	x := &Exporter{ledger: l, db: db, log: log, sink: sink, work: loop.NewSignal()}
	db.Follow(func([]store.Change) { x.work.Set() })
	x.work.Set() // there may be entries of an earlier run
	return x
}

// Start writes entries as they come, on a goroutine of its own, until ctx ends.
func (x *Exporter) Start(ctx context.Context) {
	x.ended.Go(func() { x.work.Each(ctx, x.round) })
}

func (x *Exporter) round(ctx context.Context) {
	if err := x.drain(ctx); err != nil && ctx.Err() == nil {
		x.log.Error("audit entries could not be written out; they are kept and tried again", "err", err)
		if loop.Rest(ctx, exportRetry) == nil {
			x.work.Set()
		}
	}
}

// Finish writes what is left, but does not wait for a sink that blocks longer
// than ctx: its lines come after the next start. The context given to Start
// must be over.
func (x *Exporter) Finish(ctx context.Context) error {
	ended := make(chan error, 1)
	go func() {
		x.ended.Wait()
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
func (x *Exporter) drain(ctx context.Context) error {
	for {
		if len(x.rest) == 0 {
			var err error
			if x.rest, x.last, err = x.next(ctx); err != nil || len(x.rest) == 0 {
				return err
			}
		}
		n, err := x.sink.Write(x.rest)
		x.rest = x.rest[min(max(n, 0), len(x.rest)):]
		if err != nil {
			return fmt.Errorf("writing audit lines: %w", err)
		}
		if len(x.rest) > 0 {
			return fmt.Errorf("writing audit lines: %w", io.ErrShortWrite)
		}
		// These lines are out: note it even if we are told to stop meanwhile.
		if err := x.db.Update(context.WithoutCancel(ctx), func(w store.Writer) error {
			return x.ledger.rows.Numbers.Put(w, rows.ExportKey, x.last)
		}); err != nil {
			return err
		}
	}
}

// next returns the next lines and the number of the last entry in them.
func (x *Exporter) next(ctx context.Context) (lines []byte, last uint64, err error) {
	var out bytes.Buffer
	err = x.db.View(ctx, func(r store.Reader) error {
		if last, _, err = x.ledger.rows.Numbers.Get(r, rows.ExportKey); err != nil {
			return err
		}
		n := 0
		from := store.Range{From: []byte(rows.SeqKey(last + 1))}
		return x.ledger.rows.Entries.Each(r, from, func(_ []byte, e audit.Entry) error {
			last = e.Seq
			if n++; n == exportBatch {
				return cmp.Or(json.NewEncoder(&out).Encode(e), store.Stop)
			}
			return json.NewEncoder(&out).Encode(e)
		})
	})
	return out.Bytes(), last, err
}
