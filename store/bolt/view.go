package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"

	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
)

// View implements store.DB.
func (db *DB) View(ctx context.Context, fn func(store.Reader) error) error {
	return db.view(ctx, func(r *boltfile.Reader) error {
		return r.Run(func(r store.Reader) error { return fn(r) })
	})
}

func (db *DB) view(ctx context.Context, fn func(*boltfile.Reader) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	defer boltfile.FaultsPanic()()
	tx, err := db.begin(false)
	if err != nil {
		return err
	}
	r := tx.Reader(ctx, db.metDamage)
	defer db.readers.Enter(db.options.Now())()
	defer func() {
		if failed := tx.Rollback(); failed != nil {
			err = errors.Join(err, failed)
		}
	}()
	return fn(r)
}

// Backup implements store.DB. While it runs, the space of rows that are overwritten or deleted
// cannot be used again, so the file grows under load: a backup that is read so slowly that it
// has grown by Options.BackupGrowth is given up.
func (db *DB) Backup(ctx context.Context, w io.Writer) (n int64, err error) {
	to := &attentive{ctx: ctx, w: w, over: db.limitGrowth()}
	err = db.view(ctx, func(r *boltfile.Reader) error {
		return r.Run(func(store.Reader) (err error) {
			n, err = r.WriteTo(to)
			return err
		})
	})
	switch {
	case to.err != nil:
		err = fmt.Errorf("writing a backup: %w", to.err)
	case errors.Is(err, io.EOF):
		err = fmt.Errorf("%w: the file ended too early", store.ErrDamaged)
	}
	return n, err
}

// ErrSlowBackup means that a backup was read so slowly that the store grew too much meanwhile.
var ErrSlowBackup = errors.New("the backup was read too slowly and is given up, because the store cannot use space again meanwhile")

// limitGrowth returns a function that fails when the file has grown too much since. A file that
// a compaction took out of use does not grow.
func (db *DB) limitGrowth() func() error {
	f := db.file.Load()
	size := f.Size()
	most := db.options.BackupGrowth
	if most == 0 {
		most = max(leastGrowth, size)
	}
	return func() error {
		if grown := f.Size() - size; grown > most {
			return fmt.Errorf("%w: the store has grown by %d bytes since it began", ErrSlowBackup, grown)
		}
		return nil
	}
}

// attentive is a Writer that ends with its context and remembers why it ended, which bbolt does
// not pass on.
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

// begin begins a transaction of bbolt. Damage of the file stops the store.
func (db *DB) begin(write bool) (*boltfile.Tx, error) {
	if isClosed(db.committer.Closing()) && !write {
		return nil, store.ErrClosed
	}
	for {
		tx, err := db.file.Load().Begin(write)
		switch {
		case errors.Is(err, boltfile.ErrRetired):
			continue // a compaction has put another one in its place
		case errors.Is(err, store.ErrDamaged):
			db.metDamage(err)
		}
		return tx, err
	}
}
