package bolt

import (
	"bytes"
	"fmt"
	"runtime/debug"

	"tokenscale/store"
)

// writer is a store.Writer: what the transaction changed, above what the
// batch changed before it, above the file.
type writer struct {
	file  *reader
	batch *overlay
	own   *overlay
}

// guarded runs fn and turns its panic into an error.
func (w *writer) guarded(fn func(store.Writer) error) (err error) {
	defer func() {
		p := recover()
		switch {
		case p == nil:
		case isFault(p):
			err = w.file.damaged(p)
		default:
			err = fmt.Errorf("the transaction panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(w)
}

// Get implements store.Reader.
func (w *writer) Get(t store.Table, key []byte) ([]byte, error) {
	if w.file.tx == nil {
		return nil, errOver
	}
	if r, ok := w.own.get(t, key); ok {
		return r.value, nil
	}
	return w.below(t, key)
}

// below returns the value under key as it was before this transaction.
func (w *writer) below(t store.Table, key []byte) ([]byte, error) {
	if r, ok := w.batch.get(t, key); ok {
		return r.value, nil
	}
	return w.file.Get(t, key)
}

// Scan implements store.Reader.
func (w *writer) Scan(t store.Table, r store.Range, fn func(key, value []byte) error) error {
	b, err := w.file.bucket(t)
	if err != nil {
		return err
	}
	return merge(w.file.ctx, r, fn, w.own.layer(t, r), w.batch.layer(t, r), w.file.layer(b, r))
}

// Put implements store.Writer.
func (w *writer) Put(t store.Table, key, value []byte) error {
	if _, err := w.file.bucket(t); err != nil {
		return err
	}
	if len(key) == 0 || len(key) > store.MaxKey {
		return fmt.Errorf("%w: a key has 1 to %d bytes, not %d", store.ErrRow, store.MaxKey, len(key))
	}
	if len(value) > store.MaxValue {
		return fmt.Errorf("%w: a value has at most %d bytes, not %d", store.ErrRow, store.MaxValue, len(value))
	}
	w.own.set(t, row{bytes.Clone(key), append([]byte{}, value...)})
	return nil
}

// Delete implements store.Writer.
func (w *writer) Delete(t store.Table, key []byte) error {
	if _, err := w.file.bucket(t); err != nil {
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
	w.own.set(t, row{key: bytes.Clone(key)})
	return nil
}

// changes moves what the transaction did into the batch and returns it,
// ordered by table and key.
func (w *writer) changes(tables []store.Table) []store.Change {
	list := make([]store.Change, 0, w.own.rows)
	first := w.batch.rows == 0
	for _, t := range tables {
		tr := w.own.tables[t]
		if tr == nil {
			continue
		}
		tr.Scan(func(r row) bool {
			if !first {
				w.batch.set(t, r)
			}
			list = append(list, store.Change{Table: t, Key: r.key, Value: r.value})
			return true
		})
	}
	if first {
		*w.batch = *w.own // nothing to merge it into
	}
	return list
}
