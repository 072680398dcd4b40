package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"go.etcd.io/bbolt"

	"tokenscale/store"
)

// compactBatch is how many bytes of rows Compact moves in one transaction.
const compactBatch = 4 << 20

// Compact writes the rows of the store at from into a new file at to, without
// the space that from does not use any more, and compares the two row by row.
// The new file is durable when it returns, but for its name; if it fails there
// is none. Nothing changes from. The errors are those of Inspect.
func Compact(ctx context.Context, from, to string) (err error) {
	defer faultsPanic()()
	if err := check(from); err != nil {
		return fmt.Errorf("reading %s: %w", from, err)
	}
	old, err := openToRead(from)
	if err != nil {
		return fmt.Errorf("reading %s: %w", from, err)
	}
	defer func() { err = errors.Join(err, old.Close()) }()
	if err := errors.Join(agree(Options{Schema: 1}, old), consistent(old)); err != nil {
		return fmt.Errorf("reading %s: %w", from, err)
	}
	fresh, err := newFile(to)
	if err == nil {
		if err = errors.Join(pour(ctx, old, fresh), fresh.Close()); err != nil {
			err = errors.Join(err, os.Remove(to))
		}
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", to, err)
	}
	return nil
}

// newFile makes an empty file, where there must be none.
func newFile(path string) (*bbolt.DB, error) {
	o := boltOptions(Options{}, createNew)
	o.NoSync, o.InitialMmapSize = true, 0 // one sync at the end is enough
	fresh, err := bbolt.Open(path, 0o600, o)
	if err == nil {
		fresh.AllocSize = os.Getpagesize()
	}
	return fresh, err
}

// createNew is os.OpenFile for a file that must not be there.
func createNew(name string, flag int, mode os.FileMode) (*os.File, error) {
	return os.OpenFile(name, flag|os.O_EXCL, mode)
}

// pour puts the rows of old into fresh, durably, and compares the two.
func pour(ctx context.Context, old, fresh *bbolt.DB) (err error) {
	defer guard(&err)
	if err := bbolt.Compact(fresh, old, compactBatch); err != nil {
		return err
	}
	if err := fresh.Sync(); err != nil {
		return err
	}
	return old.View(func(a *bbolt.Tx) error {
		return fresh.View(func(b *bbolt.Tx) error { return equal(ctx, a, b) })
	})
}

// equal returns an error unless two files hold the same rows.
func equal(ctx context.Context, a, b *bbolt.Tx) error {
	tables := 0
	if err := a.ForEach(func(name []byte, rows *bbolt.Bucket) error {
		tables++
		return equalRows(ctx, rows, b.Bucket(name))
	}); err != nil {
		return err
	}
	return b.ForEach(func(name []byte, _ *bbolt.Bucket) error {
		if tables--; tables < 0 {
			return fmt.Errorf("%w: the copy has the table %q too many", store.ErrDamaged, name)
		}
		return nil
	})
}

func equalRows(ctx context.Context, a, b *bbolt.Bucket) error {
	if b == nil {
		return fmt.Errorf("%w: the copy lacks a table", store.ErrDamaged)
	}
	other := b.Cursor()
	key, value := other.First()
	err := a.ForEach(func(k, v []byte) error {
		if !bytes.Equal(k, key) || !bytes.Equal(v, value) {
			return fmt.Errorf("%w: the copy has another row in the place of %q", store.ErrDamaged, k)
		}
		key, value = other.Next()
		return ctx.Err()
	})
	if err == nil && key != nil {
		err = fmt.Errorf("%w: the copy has the row %q too many", store.ErrDamaged, key)
	}
	return err
}
