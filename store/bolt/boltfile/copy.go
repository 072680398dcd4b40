package boltfile

import (
	"bytes"
	"errors"
	"fmt"
	"math/bits"
	"os"

	"go.etcd.io/bbolt"

	"tokenscale/store"
)

// copyBatch is how many bytes of rows CopyRows moves in one transaction.
const copyBatch = 4 << 20

// CopyRows puts the rows of all tables of from into f, which must be new. It cannot be cut off.
func (f *File) CopyRows(from *File) (err error) {
	defer guard(&err)
	return bbolt.Compact(f.bolt, from.bolt, copyBatch)
}

// Persist makes a new file durable, but for its name, and what is written to it from now on.
func (f *File) Persist() (err error) {
	defer guard(&err)
	f.bolt.NoSync, f.bolt.NoGrowSync = false, false
	return errors.Join(f.bolt.Sync(), f.identify())
}

// Trim cuts off what the file has behind its last page, and may be needed before its pages are
// checked.
func (f *File) Trim() (err error) {
	defer guard(&err)
	return f.bolt.View(func(tx *bbolt.Tx) error {
		return errors.Join(f.raw.Truncate(tx.Size()), f.identify())
	})
}

// CheckCopy returns an error unless f holds the same rows as from, of all tables. sound is asked
// of each row as it is in f; its error ends the walk.
func (f *File) CheckCopy(from *File, sound func(t store.Table, key, value []byte) error) (err error) {
	defer guard(&err)
	return from.bolt.View(func(a *bbolt.Tx) error {
		return f.bolt.View(func(b *bbolt.Tx) error { return equal(a, b, sound) })
	})
}

func equal(a, b *bbolt.Tx, sound func(t store.Table, key, value []byte) error) error {
	tables := 0
	if err := a.ForEach(func(name []byte, rows *bbolt.Bucket) error {
		tables++
		return equalRows(store.Table(name), rows, b.Bucket(name), sound)
	}); err != nil {
		return err
	}
	return b.ForEach(func(name []byte, _ *bbolt.Bucket) error {
		if tables--; tables < 0 {
			return damage("the copy has the table %q too many", name)
		}
		return nil
	})
}

func equalRows(t store.Table, a, b *bbolt.Bucket, sound func(t store.Table, key, value []byte) error) error {
	if b == nil {
		return damage("the copy lacks the table %q", t)
	}
	other := b.Cursor()
	key, value := other.First()
	err := a.ForEach(func(k, v []byte) error {
		if !bytes.Equal(k, key) || !bytes.Equal(v, value) {
			return damage("the copy has another row in the place of %q in %s", k, t)
		}
		if err := sound(t, key, value); err != nil {
			return err
		}
		key, value = other.Next()
		return nil
	})
	if err == nil && key != nil {
		err = damage("the copy has the row %q in %s too many", key, t)
	}
	return err
}

// CheckPages looks whether the pages of f are whole, and whether each is either used or free.
// bbolt's own check would do it on a goroutine where nobody catches its faults. over is asked
// before each page; its error ends the walk.
func (f *File) CheckPages(over func() error) error {
	raw, err := os.Open(f.raw.Name())
	if err != nil {
		return err
	}
	walk := checker{f: raw, over: over}
	if err := errors.Join(walk.all(), raw.Close()); err != nil {
		return err
	}
	used := 2 // the two that describe the file
	for _, word := range walk.seen {
		used += bits.OnesCount64(word)
	}
	free := f.bolt.Stats()
	if got := used + free.FreePageN + free.PendingPageN; uint64(got) != walk.pages {
		return damage("of its %d pages %d are in use or free", walk.pages, got)
	}
	return nil
}

func damage(format string, args ...any) error {
	return fmt.Errorf("%w: %s", store.ErrDamaged, fmt.Sprintf(format, args...))
}
