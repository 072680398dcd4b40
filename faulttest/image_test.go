package faulttest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
)

// An image is a file that can be changed and put back.
type image struct {
	file  *os.File
	kept  []byte // as it is put back to
	dirty [][2]int64
}

func newImage(t *testing.T, before []byte) *image {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(memory(t), "image"), os.O_CREATE|os.O_RDWR, 0o600)
	must(t, err)
	_, err = f.Write(before)
	must(t, err)
	return &image{file: f, kept: before}
}

// apply does a step again; of a write only the sectors that tear says, if it
// is given.
func (m *image) apply(s step, tear func() bool) {
	if s.kind == "length" {
		if info, err := m.file.Stat(); err == nil && (info.Size() < s.off || s.shorter) {
			m.dirty = append(m.dirty, [2]int64{s.off, info.Size()})
			_ = m.file.Truncate(s.off) // in memory
		}
		return
	}
	for at := 0; at < len(s.data); at += sector {
		end := min(at+sector, len(s.data))
		if tear == nil {
			end = len(s.data)
		} else if !tear() {
			continue
		}
		from := s.off + int64(at)
		_, _ = m.file.WriteAt(s.data[at:end], from) // in memory
		m.dirty = append(m.dirty, [2]int64{from, s.off + int64(end)})
		if tear == nil {
			return
		}
	}
}

// undo puts the file back.
func (m *image) undo() {
	for _, d := range m.dirty {
		if from, to := d[0], min(d[1], int64(len(m.kept))); from < to {
			_, _ = m.file.WriteAt(m.kept[from:to], from) // in memory
		}
	}
	m.dirty = m.dirty[:0]
	_ = m.file.Truncate(int64(len(m.kept))) // in memory
}

// keep makes the file as it is what it is put back to.
func (m *image) keep() {
	b, err := os.ReadFile(m.file.Name())
	if err == nil {
		m.kept = b
	}
	m.dirty = m.dirty[:0]
}

// look returns the number of the last audit entry, and what is wrong.
func (m *image) look(keys *keyring.Keys) (uint64, error) {
	var rep integrity.Report
	err := boltfile.Inspect(context.Background(), m.file.Name(), func(r store.Reader) (err error) {
		rep, err = integrity.Inspect(context.Background(), r, keys)
		return err
	})
	for _, odd := range append(rep.Odd, rep.Err()) {
		if err == nil {
			err = odd
		}
	}
	return rep.Last, err
}
