package etcd

import (
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

// A mirror is the rows of etcd in a file on this node. It is not synced while it is open, so one
// that was not closed in order is thrown away at the next start.
type mirror struct {
	*boltfile.File
	folder string
	lock   io.Closer
}

// The notes in the mirror, and the file that says that it was closed in order.
const (
	appliedNote = "applied" // the revision of etcd that it has come to, and the head there
	cleanName   = "clean"
)

func openMirror(o Options) (m *mirror, err error) {
	folder := boltfile.Folder{Path: o.Folder, AnyHome: true, Unsynced: true}
	m = &mirror{folder: o.Folder}
	if m.lock, err = folder.Hold(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.lock.Close())
		}
	}()
	if !m.wasClosed() {
		if err := os.Remove(boltfile.Path(o.Folder)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	m.File, err = folder.OpenStore(0, boltfile.Schema{Version: o.Schema, Tables: o.Tables})
	return m, err
}

// wasClosed reports whether the mirror was closed in order, and has the next start find that it
// was not.
func (m *mirror) wasClosed() bool { return os.Remove(filepath.Join(m.folder, cleanName)) == nil }

// Close closes the mirror in order.
func (m *mirror) Close() error {
	err := errors.Join(m.Persist(), m.File.Close())
	if err == nil {
		err = durable.Create(filepath.Join(m.folder, cleanName), nil)
	}
	return errors.Join(err, m.lock.Close())
}

// reached returns the revision of etcd that the mirror has come to, and the head there. Both are
// zero in a new one.
func (m *mirror) reached() (revision int64, h head, err error) {
	tx, err := m.Begin(false)
	if err != nil {
		return 0, h, err
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	note, err := tx.Note(appliedNote)
	if err != nil || note == nil {
		return 0, h, err
	}
	if len(note) < 16 {
		return 0, h, fmt.Errorf("%w: the mirror does not say how far it has come", store.ErrDamaged)
	}
	revision, at := int64(binary.BigEndian.Uint64(note)), int64(binary.BigEndian.Uint64(note[8:]))
	if len(note) > 16 {
		h, err = unpackHead(note[16:], at)
	}
	return revision, h, err
}

// write brings rows to where they are at a revision. Without one the mirror is on its way.
func (m *mirror) write(changes []store.Change, revision int64, h head) error {
	tx, err := m.Begin(true)
	if err != nil {
		return err
	}
	for len(changes) > 0 && err == nil {
		t, n := changes[0].Table, 0
		for n < len(changes) && changes[n].Table == t {
			n++
		}
		err = tx.Apply(t, rowsOf(changes[:n]))
		changes = changes[n:]
	}
	if err == nil && revision > 0 {
		note := binary.BigEndian.AppendUint64(nil, uint64(revision))
		note = binary.BigEndian.AppendUint64(note, uint64(h.revision))
		if h.revision > 0 {
			note = append(note, h.pack()...)
		}
		err = tx.SetNote(appliedNote, note)
	}
	if err == nil && revision > 0 {
		err = tx.SetSums(h.summed())
	}
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// add writes rows behind all that a table has. The mirror is then on its way.
func (m *mirror) add(t store.Table, rows []store.Row) error {
	tx, err := m.Begin(true)
	if err != nil {
		return err
	}
	if err := tx.Append(t, slices.Values(rows)); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func rowsOf(changes []store.Change) func(func(store.Row) bool) {
	return func(yield func(store.Row) bool) {
		for _, c := range changes {
			if !yield(store.Row{Key: c.Key, Value: c.Value}) {
				return
			}
		}
	}
}

// inOrder sorts changes by table and key.
func inOrder(changes []store.Change) []store.Change {
	slices.SortFunc(changes, compareChanges)
	return changes
}
