// Package pages walks the rows of a table in etcd, as they were at one revision.
package pages

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/store"
	"tokenscale/store/etcd/stride"
)

// A Book is the rows of a store in etcd at a revision.
type Book struct {
	Client   *clientv3.Client
	Revision int64
	Page     int64          // how many rows are read at once
	Over     []store.Change // what counts above the rows, in order
}

// A Walk goes over the rows of a table, page by page. It belongs to one goroutine.
type Walk struct {
	// Row is the one that it stands at; without a key at the end. Its bytes stay as they are.
	Row store.Row

	ctx    context.Context
	book   Book
	prefix string
	page   []store.Row
	from   string // where the next page begins
	until  string // where it ends, if not before; empty to look at all the rest
	more   bool
	over   []store.Change // what counts above the rows of etcd, from where it stands
}

// Open returns a walk at the first row of a table, whose keys have a prefix in etcd. It begins with
// those under low numbers, where most tables have theirs.
func (b Book) Open(ctx context.Context, t store.Table, prefix string) (*Walk, error) {
	low := string(binary.BigEndian.AppendUint64([]byte(prefix), uint64(b.Page)))
	w := &Walk{ctx: ctx, book: b, prefix: prefix, from: prefix, until: low, more: true}
	w.over = slices.DeleteFunc(slices.Clone(b.Over), func(c store.Change) bool { return c.Table != t })
	return w, w.Next()
}

// Next goes to the next row: of etcd, or of what counts above it.
func (w *Walk) Next() error {
	for {
		for len(w.page) == 0 && w.more {
			if err := w.read(); err != nil {
				return err
			}
		}
		if len(w.over) == 0 || len(w.page) > 0 && bytes.Compare(w.page[0].Key, w.over[0].Key) < 0 {
			break
		}
		c := w.over[0]
		w.over = w.over[1:]
		if len(w.page) > 0 && bytes.Equal(w.page[0].Key, c.Key) {
			w.page = w.page[1:]
		}
		if c.Value != nil {
			w.Row = store.Row{Key: c.Key, Value: c.Value}
			return nil
		}
	}
	w.Row = store.Row{}
	if len(w.page) > 0 {
		w.Row, w.page = w.page[0], w.page[1:]
	}
	return nil
}

// Endless reports whether the next page has no end, so that a member counts all the rest for it.
func (w *Walk) Endless() bool { return w.until == "" }

// Some returns the row it stands at and those behind it, at most n together.
func (w *Walk) Some(n int) (rows []store.Row, err error) {
	for w.Row.Key != nil && len(rows) < n && err == nil {
		rows = append(rows, w.Row)
		err = w.Next()
	}
	return rows, err
}

// read reads a page. It is not serializable: a member that lags would not have the revision yet.
func (w *Walk) read() error {
	end := w.until
	if end == "" {
		end = clientv3.GetPrefixRangeEnd(w.prefix)
	}
	r, err := w.book.Client.Get(w.ctx, w.from, clientv3.WithRange(end), clientv3.WithLimit(w.book.Page), clientv3.WithRev(w.book.Revision))
	if err != nil {
		return err
	}
	w.page = make([]store.Row, len(r.Kvs))
	for i, kv := range r.Kvs {
		w.page[i] = store.Row{Key: kv.Key[len(w.prefix):], Value: ValueIn(kv)}
	}
	switch {
	case r.More:
		w.from = string(r.Kvs[len(r.Kvs)-1].Key) + "\x00"
	case w.until != "":
		w.from = end
	default:
		w.more = false
	}
	w.until = w.bound(r.Kvs)
	return nil
}

// ValueIn returns the value of a row, which may be empty: a nil one says that there is no row.
func ValueIn(kv *mvccpb.KeyValue) []byte {
	if kv.Value == nil {
		return []byte{}
	}
	return kv.Value
}

// bound returns where the page after one may end. A member counts all rows that a request asks for,
// beyond its limit too, so to ask for all the rest each time would take time by the square of the
// rows. Rows whose keys are numbers lie about as close in the next page as they did in this one; if
// few came, they do not.
func (w *Walk) bound(page []*mvccpb.KeyValue) string {
	if n := int64(len(page)); n < 2 || n < w.book.Page/2 {
		return ""
	}
	if far := stride.Next(string(page[0].Key[len(w.prefix):]), string(page[len(page)-1].Key[len(w.prefix):])); far != "" {
		return w.prefix + far
	}
	return ""
}

// Values returns what stands under names.
func Values(kvs []*mvccpb.KeyValue) map[string][]byte {
	values := make(map[string][]byte, len(kvs))
	for _, kv := range kvs {
		values[string(kv.Key)] = kv.Value
	}
	return values
}
