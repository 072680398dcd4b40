package overlay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"tokenscale/store"
)

// errOver is what a Writer says after its transaction.
var errOver = errors.New("used after its transaction was over")

// writer is a store.Writer: what the transaction changed, above what the batch changed before
// it, above the store.
type writer struct {
	ctx    context.Context
	tables []store.Table
	base   Base
	batch  *Overlay
	own    *Overlay
	over   bool
}

// guarded runs fn and turns its panic into an error. recovered says which panics are the
// store's.
func (w *writer) guarded(fn func(store.Writer) error, recovered func(any) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if err = recovered(p); err == nil {
				err = fmt.Errorf("the transaction panicked: %v\n%s", p, debug.Stack())
			}
		}
	}()
	return fn(w)
}

// check refuses a table that was not declared, and all of them once the transaction is over.
func (w *writer) check(t store.Table) error {
	if w.over {
		return errOver
	}
	if _, ok := slices.BinarySearch(w.tables, t); !ok {
		return fmt.Errorf("%w: there is no table %q", store.ErrRow, t)
	}
	return nil
}

// Get implements store.Reader.
func (w *writer) Get(t store.Table, key []byte) ([]byte, error) {
	if err := w.check(t); err != nil {
		return nil, err
	}
	if r, ok := w.own.Get(t, key); ok {
		return r.Value, nil
	}
	return w.below(t, key)
}

// below returns the value under key as it was before this transaction.
func (w *writer) below(t store.Table, key []byte) ([]byte, error) {
	if r, ok := w.batch.Get(t, key); ok {
		return r.Value, nil
	}
	return w.base.Get(t, key)
}

// Scan implements store.Reader.
func (w *writer) Scan(t store.Table, r store.Range, fn func(key, value []byte) error) error {
	if err := w.check(t); err != nil {
		return err
	}
	base, err := w.base.Layer(t, r)
	if err != nil {
		return err
	}
	return Merge(w.ctx, r, fn, w.own.Layer(t, r), w.batch.Layer(t, r), base)
}

// Put implements store.Writer.
func (w *writer) Put(t store.Table, key, value []byte) error {
	if err := w.check(t); err != nil {
		return err
	}
	if len(key) == 0 || len(key) > store.MaxKey {
		return fmt.Errorf("%w: a key has 1 to %d bytes, not %d", store.ErrRow, store.MaxKey, len(key))
	}
	if len(value) > store.MaxValue {
		return fmt.Errorf("%w: a value has at most %d bytes, not %d", store.ErrRow, store.MaxValue, len(value))
	}
	w.own.Set(t, store.Row{Key: bytes.Clone(key), Value: append([]byte{}, value...)})
	return nil
}

// Delete implements store.Writer.
func (w *writer) Delete(t store.Table, key []byte) error {
	if err := w.check(t); err != nil {
		return err
	}
	old, err := w.below(t, key)
	if err != nil {
		return err
	}
	if old == nil {
		w.own.forget(t, key)
		return nil
	}
	w.own.Set(t, store.Row{Key: bytes.Clone(key)})
	return nil
}

// changes moves what the transaction did into the batch and returns it, ordered by table and
// key.
func (w *writer) changes() []store.Change {
	list := make([]store.Change, 0, w.own.Rows)
	first := w.batch.Rows == 0
	for _, t := range w.tables {
		for r := range w.own.Changes(t) {
			if !first {
				w.batch.Set(t, r)
			}
			list = append(list, store.Change{Table: t, Key: r.Key, Value: r.Value})
		}
	}
	if first {
		*w.batch = *w.own // nothing to merge it into
	}
	return list
}
