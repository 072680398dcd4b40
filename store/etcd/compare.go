package etcd

import (
	"context"
	"errors"
	"fmt"

	"tokenscale/store"
)

// Compare reads all rows from etcd, as they were at the revision that the mirror has come to, and
// returns how many are different in the mirror. Nobody waits for it.
func (db *DB) Compare(ctx context.Context) (different int, err error) {
	db.mu.Lock()
	revision := db.applied
	tx, err := db.mirror.Begin(false)
	db.mu.Unlock()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	err = tx.Reader(ctx, db.metDamage).Run(func(r store.Reader) error {
		for _, t := range db.options.Tables {
			rows, err := newRowsAt(ctx, db, t, revision)
			if err != nil {
				return fmt.Errorf("reading %s from etcd: %w", t, err)
			}
			found, err := differ(r, t, rows, nil)
			if different += len(found); err != nil {
				return err
			}
		}
		return nil
	})
	return different, err
}
