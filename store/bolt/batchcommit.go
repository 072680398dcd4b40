package bolt

import (
	"errors"
	"fmt"

	bolterrors "go.etcd.io/bbolt/errors"

	"tokenscale/platform"
	"tokenscale/store"
)

// commit writes the batch to the file. The transaction of bbolt is over when
// it returns. The error wraps store.ErrFull if nothing was written for want
// of space; with any other the store has stopped.
func (b *batch) commit() error {
	if b.changed.rows == 0 {
		return b.abandon(nil)
	}
	if err := b.db.Err(); err != nil {
		return b.abandon(err) // a function of this batch came upon damage
	}
	if err := b.db.same(); err != nil {
		return b.abandon(b.db.stop(err))
	}
	if err := b.db.makeRoom(b); err != nil {
		if platform.NoSpace(err) {
			b.db.needSpace()
		}
		return b.abandon(err)
	}
	if err := b.apply(); err != nil {
		return b.abandon(b.db.stop(err))
	}
	switch err := b.syncRecorded(); {
	case errors.Is(err, bolterrors.ErrMaxSizeReached):
		return fmt.Errorf("%w: %w", store.ErrFull, err) // found while pages were dealt out, before any was written
	case err != nil:
		return b.db.stop(err)
	}
	return nil
}

// abandon ends the transaction without a commit and returns why.
func (b *batch) abandon(why error) error {
	if err := b.db.rollback(b.tx); err != nil {
		return b.db.stop(errors.Join(why, err))
	}
	return why
}

// apply hands the changes to bbolt, which keeps them in memory.
func (b *batch) apply() (err error) {
	defer guard(&err)
	for t, rows := range b.changed.tables {
		bucket := b.tx.Bucket([]byte(t))
		rows.Scan(func(r row) bool {
			if r.value == nil {
				err = bucket.Delete(r.key)
			} else {
				err = bucket.Put(r.key, r.value)
			}
			return err == nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// syncRecorded keeps what was changed for a compaction, if there is one.
func (b *batch) syncRecorded() error {
	r := &b.db.changed
	r.mu.Lock()
	defer r.mu.Unlock()
	err := b.sync()
	if err == nil {
		r.add(b.changed)
	}
	return err
}

// sync writes the pages, waits for the disk, writes the page that makes them
// count, and waits for the disk again.
func (b *batch) sync() (err error) {
	if hook := b.db.options.beforeCommit; hook != nil {
		if err := hook(); err != nil {
			return errors.Join(err, b.db.rollback(b.tx))
		}
	}
	defer func() {
		if errors.Is(err, store.ErrDamaged) {
			_ = b.db.rollback(b.tx) // bbolt panicked and has not let go; the panic is the error to report
		}
	}()
	defer b.tx.end()
	defer guard(&err)
	return b.tx.Commit()
}
