package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"

	bolterrors "go.etcd.io/bbolt/errors"

	"tokenscale/store"
)

// View implements store.DB.
func (db *DB) View(ctx context.Context, fn func(store.Reader) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	defer faultsPanic()()
	tx, err := db.begin(false)
	if err != nil {
		return err
	}
	r := &reader{ctx: ctx, tx: tx.Tx, stop: db.metDamage, lacks: db.lacks}
	defer db.readers.enter(r, db.options.Now())()
	defer func() {
		r.tx = nil
		if failed := db.rollback(tx); failed != nil {
			err = errors.Join(err, failed)
		}
	}()
	defer r.guardFault(&err)
	return fn(r)
}

// Backup implements store.DB. While it runs, the space of rows that are
// overwritten or deleted cannot be used again, so the file grows under load: a
// backup that is read so slowly that it has grown by Options.BackupGrowth is
// given up.
func (db *DB) Backup(ctx context.Context, w io.Writer) (n int64, err error) {
	to := &attentive{ctx: ctx, w: w, over: db.limitGrowth()}
	err = db.View(ctx, func(r store.Reader) (err error) {
		n, err = r.(*reader).tx.WriteTo(to)
		return err
	})
	switch {
	case to.err != nil:
		err = fmt.Errorf("writing a backup: %w", to.err)
	case errors.Is(err, io.EOF):
		err = fmt.Errorf("%w: the file ended too early", store.ErrDamaged)
	}
	return n, err
}

// limitGrowth returns a function that fails when the file has grown too much
// since. A file that a compaction took out of use does not grow.
func (db *DB) limitGrowth() func() error {
	h := db.handle.Load()
	size := h.size.Load()
	most := db.options.BackupGrowth
	if most == 0 {
		most = max(leastGrowth, size)
	}
	return func() error {
		if grown := h.size.Load() - size; grown > most {
			return fmt.Errorf("%w: the store has grown by %d bytes since it began", ErrSlowBackup, grown)
		}
		return nil
	}
}

// attentive is a Writer that ends with its context and remembers why it
// ended, which bbolt does not pass on.
type attentive struct {
	ctx  context.Context
	w    io.Writer
	over func() error // why it is enough
	err  error
}

// Write implements io.Writer.
func (a *attentive) Write(p []byte) (n int, err error) {
	if a.err = a.ctx.Err(); a.err == nil {
		a.err = a.over()
	}
	if a.err == nil {
		n, a.err = a.w.Write(p)
	}
	return n, a.err
}

// begin begins a transaction of bbolt.
func (db *DB) begin(write bool) (_ *transaction, err error) {
	if isClosed(db.closing) && !write {
		return nil, store.ErrClosed
	}
	h := db.enter()
	defer func() {
		if err != nil {
			h.leave()
		}
	}()
	if h.wedged.Load() {
		return nil, fmt.Errorf("%w: it cannot be read any more", store.ErrDamaged)
	}
	if err := db.whole(h); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil && errors.Is(err, store.ErrDamaged) {
			h.wedged.Store(true)
		}
	}()
	defer guard(&err)
	tx, err := h.bolt.Begin(write)
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		err = store.ErrClosed
	}
	return &transaction{Tx: tx, on: h}, err
}

// rollback ends a transaction of bbolt without writing anything.
func (db *DB) rollback(tx *transaction) (err error) {
	defer tx.end()
	defer func() {
		if err != nil {
			tx.on.wedged.Store(true)
		}
	}()
	defer guard(&err)
	return tx.Rollback()
}
