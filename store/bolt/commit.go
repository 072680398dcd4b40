package bolt

import (
	"context"
	"errors"
	"fmt"

	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
	"tokenscale/store/overlay"
)

// backend is what the committer has batches written by. Nothing is written to bbolt's
// transaction before all functions of a batch have run, so the file is as it was while they do.
type backend struct{ db *DB }

// base is the file as a batch found it.
type base struct {
	*boltfile.Reader
	tx *boltfile.Tx
}

// Begin implements overlay.Backend.
func (e backend) Begin() (overlay.Base, error) {
	tx, err := e.db.begin(true)
	if err != nil {
		return nil, err
	}
	return base{tx.Reader(context.Background(), e.db.metDamage), tx}, nil
}

// Commit implements overlay.Backend.
func (e backend) Commit(on overlay.Base, b *overlay.Batch) error {
	db, tx := e.db, on.(base).tx
	if b.Changed.Rows == 0 {
		return db.abandon(tx, nil)
	}
	if err := db.Err(); err != nil {
		return db.abandon(tx, err) // a function of this batch came upon damage
	}
	if err := db.same(); err != nil {
		return db.abandon(tx, db.stop(err))
	}
	if err := db.makeSpace(tx, b); err != nil {
		return db.abandon(tx, err)
	}
	if err := db.sum(on.(base), b); err != nil {
		return db.abandon(tx, err)
	}
	if err := apply(tx, b.Changed); err != nil {
		return db.abandon(tx, db.stop(err))
	}
	if hook := db.options.beforeCommit; hook != nil {
		if err := hook(); err != nil {
			return db.inDoubt(errors.Join(err, tx.Rollback()))
		}
	}
	if err := tx.Commit(); errors.Is(err, store.ErrFull) {
		return err
	} else if err != nil {
		return db.inDoubt(err)
	}
	return nil
}

// sum brings the sums of the tables to what they are after the batch.
func (db *DB) sum(on base, b *overlay.Batch) error {
	was, err := on.Sums()
	if err != nil {
		return err
	}
	next, err := db.committer.Sums(was, on, b.Changed)
	if err != nil || next.Commit == was.Commit {
		return err
	}
	return on.tx.SetSums(next)
}

// inDoubt stops the store because of a commit that may be in the file or not.
func (db *DB) inDoubt(cause error) error {
	return fmt.Errorf("%w: %w", store.ErrInDoubt, db.stop(cause))
}

// abandon ends the transaction without a commit and returns why.
func (db *DB) abandon(tx *boltfile.Tx, why error) error {
	if err := tx.Rollback(); err != nil {
		return db.stop(errors.Join(why, err))
	}
	return why
}

// Abandon implements overlay.Backend. A failure shows again when the next batch begins.
func (e backend) Abandon(on overlay.Base) { _ = on.(base).tx.Rollback() }

// Recovered implements overlay.Backend.
func (e backend) Recovered(p any) error {
	if !boltfile.IsFault(p) {
		return nil
	}
	err := boltfile.Damaged(p)
	_ = e.db.stop(err) // the caller gets the cause itself
	return err
}

// apply hands the changes to bbolt, which keeps them in memory.
func apply(tx *boltfile.Tx, changed *overlay.Overlay) error {
	for _, t := range changed.Tables() {
		if err := tx.Apply(t, changed.Changes(t)); err != nil {
			return err
		}
	}
	return nil
}
