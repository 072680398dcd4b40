package etcd

import (
	"bytes"
	"context"

	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/store"
)

// catchUp brings the mirror to where etcd is when the store is opened.
func (db *DB) catchUp(ctx context.Context) (err error) {
	if db.applied, db.head, err = db.mirror.reached(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, max(db.options.Patience, db.options.Timeout))
	now, err := db.newest(ctx)
	cancel()
	if err != nil {
		return unavailable(err)
	}
	if db.watched = db.applied; db.applied > 0 && now.revision == db.head.revision && now.request == db.head.request {
		return nil
	}
	return db.resync(db.alive)
}

// resync reads all rows at one revision, which a majority of the members has, and compares them
// with the mirror. What is different is written there, and told as one change. It is needed if
// what was changed since is no longer kept, or was not changed by us.
func (db *DB) resync(ctx context.Context) error {
	r, err := db.client.Get(ctx, db.keys.head())
	if err != nil {
		return err
	}
	h, err := headIn(r)
	if err != nil {
		return err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	different, err := db.different(ctx, r.Header.Revision)
	if err != nil {
		return err
	}
	db.applied = min(db.applied, r.Header.Revision-1) // rows may differ at the same head
	if err := db.applyAndTell(different, r.Header.Revision, h); err != nil {
		return err
	}
	db.watched = max(db.watched, r.Header.Revision)
	return nil
}

// different returns how the rows of etcd at a revision differ from the mirror.
func (db *DB) different(ctx context.Context, revision int64) (all []store.Change, err error) {
	err = db.View(ctx, func(r store.Reader) error {
		for _, t := range db.options.Tables {
			rows, err := newRowsAt(ctx, db, t, revision)
			if err != nil {
				return err
			}
			if all, err = differ(r, t, rows, all); err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

// differ appends how the rows of a table differ from the mirror.
func differ(mirrored store.Reader, t store.Table, rows *rowsAt, all []store.Change) ([]store.Change, error) {
	err := mirrored.Scan(t, store.Range{}, func(key, value []byte) error {
		for rows.row.Key != nil && bytes.Compare(rows.row.Key, key) < 0 {
			all = append(all, store.Change{Table: t, Key: rows.row.Key, Value: rows.row.Value})
			if err := rows.next(); err != nil {
				return err
			}
		}
		if !bytes.Equal(rows.row.Key, key) {
			all = append(all, store.Change{Table: t, Key: bytes.Clone(key)})
			return nil
		}
		if !bytes.Equal(rows.row.Value, value) {
			all = append(all, store.Change{Table: t, Key: rows.row.Key, Value: rows.row.Value})
		}
		return rows.next()
	})
	for err == nil && rows.row.Key != nil {
		all = append(all, store.Change{Table: t, Key: rows.row.Key, Value: rows.row.Value})
		err = rows.next()
	}
	return all, err
}

// rowsAt walks the rows of a table as they are in etcd at a revision, page by page.
type rowsAt struct {
	ctx      context.Context
	db       *DB
	prefix   string
	revision int64
	page     []store.Row
	from     string
	more     bool
	row      store.Row // the row it stands at; none at the end
}

func newRowsAt(ctx context.Context, db *DB, t store.Table, revision int64) (*rowsAt, error) {
	prefix := db.keys.rows(t)
	w := &rowsAt{ctx: ctx, db: db, prefix: prefix, revision: revision, from: prefix, more: true}
	return w, w.next()
}

func (w *rowsAt) next() error {
	if len(w.page) == 0 && w.more {
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

// read reads a page. It is not serializable: a member that lags would not have the revision yet.
func (w *rowsAt) read() error {
	r, err := w.db.client.Get(w.ctx, w.from, clientv3.WithRange(clientv3.GetPrefixRangeEnd(w.prefix)),
		clientv3.WithLimit(w.db.options.Page), clientv3.WithRev(w.revision))
	if err != nil {
		return err
	}
	for _, kv := range r.Kvs {
		w.page = append(w.page, store.Row{Key: kv.Key[len(w.prefix):], Value: append([]byte{}, kv.Value...)})
	}
	if w.more = r.More; w.more {
		w.from = string(r.Kvs[len(r.Kvs)-1].Key) + "\x00"
	}
	return nil
}
