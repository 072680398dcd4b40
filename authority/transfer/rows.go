package transfer

import (
	"bytes"
	"context"
	"fmt"

	"tokenscale/authority/rows"
	"tokenscale/store"
)

// A Source is where rows come from: a store, or a backup.
type Source interface {
	View(ctx context.Context, fn func(store.Reader) error) error
}

// maxBatch is how many rows one transaction writes, if the target takes so many.
const maxBatch = 1000

// besides is what a transaction may hold besides the rows: the marks.
const besides = 4

// Rows makes the rows of a store those of another. It writes and deletes only what is different, so
// after it was cut off it goes on where it was.
func Rows(ctx context.Context, from Source, to store.DB) error {
	for _, t := range rows.Tables() {
		if err := copyTable(ctx, from, to, t); err != nil {
			return fmt.Errorf("copying the table %s: %w", t, err)
		}
	}
	return nil
}

// stays reports whether a row says something of the store that it is in, and of no other.
func stays(t store.Table, key []byte) bool {
	return t == rows.SettingsTable && (string(key) == rows.CopyKey || string(key) == rows.MovedKey)
}

func copyTable(ctx context.Context, from Source, to store.DB, t store.Table) error {
	for next := []byte{}; next != nil; {
		p, err := readPart(ctx, from, to, t, next)
		if err != nil {
			return err
		}
		if err := p.write(ctx, to); err != nil {
			return err
		}
		next = p.next
	}
	return nil
}

// A part is some rows of a table, one behind the other.
type part struct {
	table store.Table
	first []byte
	rows  []store.Row
	next  []byte // where the next part begins; nil if this is the last
}

// readPart reads as many rows as one transaction of the target takes.
func readPart(ctx context.Context, from Source, to store.DB, t store.Table, first []byte) (part, error) {
	most, space := to.Limits()
	most = min(most-besides, maxBatch)
	p := part{table: t, first: first}
	err := from.View(ctx, func(r store.Reader) error {
		p.rows, p.next = nil, nil
		left := space
		return r.Scan(t, store.Range{From: first}, func(key, value []byte) error {
			if stays(t, key) {
				return nil
			}
			left -= len(key) + len(value)
			if n := len(p.rows); n == most || left < 0 && n > 0 {
				p.next = bytes.Clone(key)
				return store.Stop
			}
			p.rows = append(p.rows, store.Row{Key: bytes.Clone(key), Value: bytes.Clone(value)})
			return nil
		})
	})
	return p, err
}

// changes returns what must be done to a store for it to have the rows of p, and no other there.
func (p part) changes(r store.Reader) (list []store.Row, err error) {
	missing := p.rows
	err = r.Scan(p.table, store.Range{From: p.first, To: p.next}, func(key, value []byte) error {
		if stays(p.table, key) {
			return nil
		}
		for len(missing) > 0 && bytes.Compare(missing[0].Key, key) < 0 {
			list, missing = append(list, missing[0]), missing[1:]
		}
		if len(missing) == 0 || !bytes.Equal(missing[0].Key, key) {
			list = append(list, store.Row{Key: bytes.Clone(key)})
			return nil
		}
		if !bytes.Equal(missing[0].Value, value) {
			list = append(list, missing[0])
		}
		missing = missing[1:]
		return nil
	})
	return append(list, missing...), err
}

// write makes the changes, in as many transactions as it takes: there may be more rows to delete
// than to write.
func (p part) write(ctx context.Context, to store.DB) error {
	most, _ := to.Limits()
	for done := false; !done; {
		var list []store.Row
		find := func(r store.Reader) (err error) {
			list, err = p.changes(r)
			return err
		}
		if err := to.View(ctx, find); err != nil || len(list) == 0 {
			return err
		}
		if err := to.Update(ctx, func(w store.Writer) error {
			if err := find(w); err != nil {
				return err
			}
			done = len(list) <= most-besides
			for _, row := range list[:min(len(list), most-besides)] {
				if err := put(w, p.table, row); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

func put(w store.Writer, t store.Table, row store.Row) error {
	if row.Value == nil {
		return w.Delete(t, row.Key)
	}
	return w.Put(t, row.Key, row.Value)
}
