package pages

import (
	"bytes"

	"tokenscale/store"
)

// Differ walks to the end, and appends to all how the rows of its table differ from those that a
// mirror has.
func (w *Walk) Differ(mirrored store.Reader, t store.Table, all []store.Change) ([]store.Change, error) {
	err := mirrored.Scan(t, store.Range{}, func(key, value []byte) error {
		for w.Row.Key != nil && bytes.Compare(w.Row.Key, key) < 0 {
			all = append(all, store.Change{Table: t, Key: w.Row.Key, Value: w.Row.Value})
			if err := w.Next(); err != nil {
				return err
			}
		}
		if !bytes.Equal(w.Row.Key, key) {
			all = append(all, store.Change{Table: t, Key: bytes.Clone(key)})
			return nil
		}
		if !bytes.Equal(w.Row.Value, value) {
			all = append(all, store.Change{Table: t, Key: w.Row.Key, Value: w.Row.Value})
		}
		return w.Next()
	})
	for err == nil && w.Row.Key != nil {
		all = append(all, store.Change{Table: t, Key: w.Row.Key, Value: w.Row.Value})
		err = w.Next()
	}
	return all, err
}
