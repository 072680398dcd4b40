package boltfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"tokenscale/store"
)

// A Tx is a transaction of bbolt, and the file it is on.
type Tx struct {
	tx   *bbolt.Tx
	file *File
	over bool
}

// Begin begins a transaction, which must be ended. A file that is not what it was any more gives
// store.ErrDamaged, one that was replaced ErrRetired.
func (f *File) Begin(write bool) (_ *Tx, err error) {
	if err := f.enter(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			f.leave()
		}
	}()
	if f.wedged.Load() {
		return nil, fmt.Errorf("%w: it cannot be read any more", store.ErrDamaged)
	}
	if err := f.whole(); err != nil {
		return nil, err
	}
	defer func() {
		if errors.Is(err, store.ErrDamaged) {
			f.wedged.Store(true)
		}
	}()
	defer guard(&err)
	tx, err := f.bolt.Begin(write)
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		err = store.ErrClosed
	}
	return &Tx{tx: tx, file: f}, err
}

// File returns the file that the transaction is on.
func (t *Tx) File() *File { return t.file }

// Size returns how many bytes of the file bbolt has dealt out, used and free.
func (t *Tx) Size() int64 { return t.tx.Size() }

// Rollback ends the transaction without writing anything.
func (t *Tx) Rollback() (err error) {
	defer t.end()
	defer func() {
		if err != nil {
			t.file.wedged.Store(true)
		}
	}()
	defer guard(&err)
	return t.tx.Rollback()
}

// Commit writes the pages, waits for the disk, writes the page that makes them count, and waits
// for the disk again. An error that wraps store.ErrFull came before any page was written; after
// every other one what was changed may be in the file.
func (t *Tx) Commit() (err error) {
	defer func() {
		if errors.Is(err, store.ErrDamaged) {
			_ = t.Rollback() // bbolt panicked and has not let go; the panic is the error to report
		}
	}()
	defer t.end()
	defer guard(&err)
	err = t.tx.Commit()
	if errors.Is(err, bolterrors.ErrMaxSizeReached) {
		err = fmt.Errorf("%w: %w", store.ErrFull, err) // found while pages were dealt out
	}
	return err
}

// Apply changes rows of a table that is in the file: it writes those that have a value, and deletes
// the others. It keeps them in memory.
func (t *Tx) Apply(table store.Table, changes iter.Seq[store.Row]) (err error) {
	defer guard(&err)
	b := t.tx.Bucket([]byte(table))
	for r := range changes {
		if r.Value == nil {
			err = b.Delete(r.Key)
		} else {
			err = b.Put(r.Key, r.Value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Append is Apply for rows that come behind all that the table has, in the order of their keys: it
// leaves no room between them.
func (t *Tx) Append(table store.Table, rows iter.Seq[store.Row]) (err error) {
	defer guard(&err)
	t.tx.Bucket([]byte(table)).FillPercent = 1
	return t.Apply(table, rows)
}

// Note returns what the file says of itself under a name, or nil. It is valid while the transaction
// lasts.
func (t *Tx) Note(name string) (_ []byte, err error) {
	defer guard(&err)
	return t.tx.Bucket([]byte(MetaTable)).Get([]byte(name)), nil
}

// SetNote has the file say something of itself.
func (t *Tx) SetNote(name string, value []byte) (err error) {
	defer guard(&err)
	return t.tx.Bucket([]byte(MetaTable)).Put([]byte(name), value)
}

// SetSums has the file say what the sums of its rows are.
func (t *Tx) SetSums(s store.SealedSums) error {
	return t.SetNote(sumsNote, append(binary.BigEndian.AppendUint64(nil, s.Commit), s.Sealed...))
}

// end says that the transaction does not look at its file any more.
func (t *Tx) end() {
	if !t.over {
		t.over = true
		t.file.leave()
	}
}
