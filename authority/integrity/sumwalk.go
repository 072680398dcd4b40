package integrity

import (
	"bytes"
	"context"
	"sync"

	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/loop"
	"tokenscale/store"
)

// A walk reads a table in many transactions, so rows may change behind it. What it adds up is the
// sum of the table as the last of them finds it if no row changed that it had passed by then. Most
// rows are added at the end of their tables and never change; if one did, the next walk tells.

// A sumWalk adds up the rows of the table that a walk is in.
type sumWalk struct {
	mu    sync.Mutex
	table store.Table
	sum   store.Sum
	at    []byte // the rows before it were added
	low   []byte // the first row that changed while some were read; nil if none did
	moved bool   // a row that was added has changed since, or may have
	wrong bool   // the sum is not that of the table
}

// follow takes note of what changes in the table.
func (w *sumWalk) follow(changes []store.Change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range changes {
		if c.Table != w.table {
			continue
		}
		w.moved = w.moved || bytes.Compare(c.Key, w.at) < 0
		if w.low == nil || bytes.Compare(c.Key, w.low) < 0 {
			w.low = c.Key
		}
	}
}

// begin begins with a table.
func (w *sumWalk) begin(t store.Table) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.table, w.sum, w.at, w.low, w.moved, w.wrong = t, store.Sum{}, nil, nil, false, false
}

// reads begins to read some rows.
func (w *sumWalk) reads() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.low = nil
}

// has adds rows that were read, up to next, or to the end of the table if that is nil. Then the sum
// should be want.
func (w *sumWalk) has(sum store.Sum, next []byte, want store.Sum) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sum = w.sum.Plus(sum)
	if next == nil {
		w.wrong = w.sum != want
		return
	}
	w.at = next
	w.moved = w.moved || w.low != nil && bytes.Compare(w.low, next) < 0
}

// table walks through a table, and reports whether its rows do not add up.
func (s *Scrubber) table(ctx context.Context, t store.Table) (wrong bool, err error) {
	s.sums.begin(t)
	for from, more := []byte(nil), true; more; more = from != nil {
		next, err := s.Batch(ctx, t, from)
		if err != nil {
			return false, err
		}
		if err := loop.Rest(ctx, scrubPause); err != nil {
			return false, err
		}
		from = next
	}
	if wrong, _ := s.sums.verdict(); !wrong || s.readOnly {
		return wrong, nil
	}
	// What was committed before the last transaction must have been told.
	err = s.DB.Update(ctx, func(store.Writer) error { return nil }, store.UseReserve)
	wrong, moved := s.sums.verdict()
	return wrong && !moved, err
}

func (w *sumWalk) verdict() (wrong, moved bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wrong, w.moved
}

// sumTable walks through a table, again if its rows do not add up, and tells of it if they never
// do.
func (s *Scrubber) sumTable(ctx context.Context, t store.Table) error {
	for range looks {
		if wrong, err := s.table(ctx, t); err != nil || !wrong {
			return err
		}
	}
	s.tell(ctx, &keyring.SealError{Table: t, Why: ErrSum.Error()}, "the rows of a table do not add up; tokenscale doctor tells more")
	return nil
}

// Foreign tells of a row that somebody else has written to the store, or deleted there, beside the
// servers that have it open; see store.Guarded. No token is refused for it: none of the servers
// has believed it.
func (s *Scrubber) Foreign(t store.Table, key []byte, undone bool) {
	why := "somebody else wrote it into the store, or deleted it; it is again as it was"
	if !undone {
		why = "somebody else wrote it into the store, or deleted it; the server cannot undo that so far"
	}
	s.tell(context.Background(), &keyring.SealError{Table: t, Key: string(key), Why: why, Name: rows.KeyName(t, key)},
		"somebody writes to the store beside its servers")
}
