package etcd

import (
	"context"
	"encoding/binary"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/store"
	"tokenscale/store/etcd/stride"
)

// rowsAt walks the rows of a table as they are in etcd at a revision, page by page.
type rowsAt struct {
	ctx      context.Context
	db       *DB
	prefix   string
	revision int64
	page     []store.Row
	from     string // where the next page begins
	until    string // where it ends, if not before; empty to look at all the rest
	more     bool
	row      store.Row // the row it stands at; none at the end
}

// newRowsAt begins with the rows under low numbers, where most tables have theirs.
func newRowsAt(ctx context.Context, db *DB, t store.Table, revision int64) (*rowsAt, error) {
	prefix := db.keys.rows(t)
	low := string(binary.BigEndian.AppendUint64([]byte(prefix), uint64(db.options.Page)))
	w := &rowsAt{ctx: ctx, db: db, prefix: prefix, revision: revision, from: prefix, until: low, more: true}
	return w, w.next()
}

func (w *rowsAt) next() error {
	for len(w.page) == 0 && w.more {
		if err := w.read(); err != nil {
			return err
		}
	}
	w.row = store.Row{}
	if len(w.page) > 0 {
		w.row, w.page = w.page[0], w.page[1:]
	}
	return nil
}

// some returns the row it stands at and those behind it, at most n together.
func (w *rowsAt) some(n int) (rows []store.Row, err error) {
	for w.row.Key != nil && len(rows) < n && err == nil {
		rows = append(rows, w.row)
		err = w.next()
	}
	return rows, err
}

// read reads a page. It is not serializable: a member that lags would not have the revision yet.
func (w *rowsAt) read() error {
	end := w.until
	if end == "" {
		end = clientv3.GetPrefixRangeEnd(w.prefix)
	}
	r, err := w.db.client.Get(w.ctx, w.from, clientv3.WithRange(end), clientv3.WithLimit(w.db.options.Page), clientv3.WithRev(w.revision))
	if err != nil {
		return err
	}
	w.page = make([]store.Row, len(r.Kvs))
	for i, kv := range r.Kvs {
		w.page[i] = store.Row{Key: kv.Key[len(w.prefix):], Value: valueIn(kv)}
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

// valueIn returns the value of a row, which may be empty: a nil one says that there is no row.
func valueIn(kv *mvccpb.KeyValue) []byte {
	if kv.Value == nil {
		return []byte{}
	}
	return kv.Value
}

// bound returns where the page after one may end. A member counts all rows that a request asks for,
// beyond its limit too, so to ask for all the rest each time would take time by the square of the
// rows. Rows whose keys are numbers lie about as close in the next page as they did in this one; if
// few came, they do not.
func (w *rowsAt) bound(page []*mvccpb.KeyValue) string {
	if n := int64(len(page)); n < 2 || n < w.db.options.Page/2 {
		return ""
	}
	if far := stride.Next(string(page[0].Key[len(w.prefix):]), string(page[len(page)-1].Key[len(w.prefix):])); far != "" {
		return w.prefix + far
	}
	return ""
}
