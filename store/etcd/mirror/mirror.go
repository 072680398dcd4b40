// Package mirror keeps the rows of a store in etcd in a file on a node, from which it reads.
package mirror

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"tokenscale/durable"
	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
)

// A Mirror is the rows of etcd in a file on this node. It is not synced while it is open, so one
// that was not closed in order is thrown away at the next start. It is safe for concurrent use.
type Mirror struct {
	*boltfile.File
	folder string
	lock   io.Closer
}

// The notes in the mirror, and the file that says that it was closed in order.
const (
	appliedNote = "applied" // the revision of etcd that it has come to, and the head there
	cleanName   = "clean"
)

// Open opens the mirror in a folder, or makes one. It fails with boltfile.ErrLocked if another
// process has it open.
func Open(path string, schema boltfile.Schema) (m *Mirror, err error) {
	folder := boltfile.Folder{Path: path, AnyHome: true, Unsynced: true}
	m = &Mirror{folder: path}
	if m.lock, err = folder.Hold(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.lock.Close())
		}
	}()
	if !m.wasClosed() {
		if err := os.Remove(boltfile.Path(path)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	m.File, err = folder.OpenStore(0, schema)
	return m, err
}

// wasClosed reports whether the mirror was closed in order, and has the next start find that it
// was not.
func (m *Mirror) wasClosed() bool { return os.Remove(filepath.Join(m.folder, cleanName)) == nil }

// Close closes the mirror in order.
func (m *Mirror) Close() error {
	err := errors.Join(m.Persist(), m.File.Close())
	if err == nil {
		err = durable.Create(filepath.Join(m.folder, cleanName), nil)
	}
	return errors.Join(err, m.lock.Close())
}

// A Place is how far a mirror has come: to a revision of etcd, and the newest commit there. Both
// are zero in a new one.
type Place struct {
	Revision int64
	Commit   int64  // the revision at which it was made; 0 if there is none
	Head     []byte // what etcd has of it
}

// Reached returns how far the mirror has come.
func (m *Mirror) Reached() (p Place, err error) {
	tx, err := m.Begin(false)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	note, err := tx.Note(appliedNote)
	if err != nil || note == nil {
		return p, err
	}
	if len(note) < 16 {
		return p, fmt.Errorf("%w: the mirror does not say how far it has come", store.ErrDamaged)
	}
	p.Revision, p.Commit = int64(binary.BigEndian.Uint64(note)), int64(binary.BigEndian.Uint64(note[8:]))
	p.Head = bytes.Clone(note[16:])
	return p, nil
}

// Write brings rows, in order, to where they are at a place, with the sums there.
func (m *Mirror) Write(changes []store.Change, p Place, sums store.SealedSums) error {
	tx, err := m.Begin(true)
	if err != nil {
		return err
	}
	for len(changes) > 0 && err == nil {
		t, n := changes[0].Table, 0
		for n < len(changes) && changes[n].Table == t {
			n++
		}
		err = tx.Apply(t, RowsOf(changes[:n]))
		changes = changes[n:]
	}
	if err == nil {
		note := binary.BigEndian.AppendUint64(nil, uint64(p.Revision))
		note = binary.BigEndian.AppendUint64(note, uint64(p.Commit))
		err = tx.SetNote(appliedNote, append(note, p.Head...))
	}
	if err == nil {
		err = tx.SetSums(sums)
	}
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// Add writes rows behind all that a table has. The mirror is then on its way.
func (m *Mirror) Add(t store.Table, rows []store.Row) error {
	tx, err := m.Begin(true)
	if err != nil {
		return err
	}
	if err := tx.Append(t, slices.Values(rows)); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// RowsOf returns changes of one table as rows.
func RowsOf(changes []store.Change) func(func(store.Row) bool) {
	return func(yield func(store.Row) bool) {
		for _, c := range changes {
			if !yield(store.Row{Key: c.Key, Value: c.Value}) {
				return
			}
		}
	}
}
