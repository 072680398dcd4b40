package boltfile

import (
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"tokenscale/store"
)

// schemaKnown is the one version of rows that there is.
const schemaKnown = 1

// Inspect looks whether the file at path is a sound store and calls fn with its rows, in one
// transaction. It changes nothing, not even the folder, and so it reads backups as well. A file
// that a server has open gives ErrLocked, a damaged one store.ErrDamaged, one of another schema
// ErrSchema.
func Inspect(ctx context.Context, path string, fn func(store.Reader) error) (err error) {
	defer FaultsPanic()()
	f, err := openSound(path)
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	tx, err := f.Begin(false)
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	return tx.Reader(ctx, func(error) {}).Run(fn)
}

// openSound opens a file to be read that all checks find in order.
func openSound(path string) (*File, error) {
	if err := Check(path); err != nil {
		return nil, err
	}
	f, err := Open(path, Options{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(f.checkSchema(Schema{Version: schemaKnown}), f.consistent()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// consistent asks bbolt's own check, which knows which pages should be free.
func (f *File) consistent() (err error) {
	defer guard(&err)
	return f.bolt.View(func(tx *bbolt.Tx) error {
		var first error
		for err := range tx.Check() { // it must be read to its end
			if first == nil {
				first = fmt.Errorf("%w: %w", store.ErrDamaged, err)
			}
		}
		return first
	})
}
