package authority_test

import (
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tokenscale/audit"
	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/authority/rollback"
	"tokenscale/authority/rows"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/store/bolt"
	"tokenscale/store/bolt/boltfile"
)

func TestVerifyOnly_AnOlderStoreOrOneWithoutItsRecordIsRefused(t *testing.T) {
	s := newShelf(t)
	h := s.House
	h.Close()
	older := read(t, boltfile.Path(filepath.Join(h.Folder(), "data")))
	must(t, s.TryOpen())
	h.Token(draft("x"))
	h.Close()
	newer, record := read(t, boltfile.Path(filepath.Join(h.Folder(), "data"))), read(t, s.record)
	s.readOnly = true
	write(t, boltfile.Path(filepath.Join(h.Folder(), "data")), older)
	if err := s.TryOpen(); !errors.Is(err, rollback.ErrRollback) {
		t.Errorf("an older store: %v", err)
	}
	s.accept = func(o *authority.Options) { o.AcceptRollback = true }
	if err := s.TryOpen(); !errors.Is(err, store.ErrReadOnly) || !strings.Contains(err.Error(), "--accept-rollback has to be written down") {
		t.Errorf("… that is accepted: %v", err)
	}
	s.accept = func(*authority.Options) {}
	write(t, boltfile.Path(filepath.Join(h.Folder(), "data")), newer)
	must(t, os.Remove(s.record))
	if err := s.TryOpen(); !errors.Is(err, rollback.ErrRollback) {
		t.Errorf("without its record: %v", err)
	}
	write(t, s.record, record)
	must(t, s.TryOpen())
}

func TestVerifyOnly_AClockIsNotAcceptedBecauseThatCouldNotBeWrittenDown(t *testing.T) {
	s := newShelf(t)
	h := s.House
	h.Token(draft("x"))
	h.Close()
	h.Clock.Set(-day)
	s.readOnly = true
	s.accept = func(o *authority.Options) { o.AcceptClock = true }
	if err := s.TryOpen(); !errors.Is(err, store.ErrReadOnly) || !strings.Contains(err.Error(), "that the clock is accepted") {
		t.Errorf("got %v", err)
	}
	s.readOnly = false
	s.accept = func(*authority.Options) {}
	must(t, s.TryOpen())
}

func TestVerifyOnly_AStoreWithoutItsTreeIsReadAsItIs(t *testing.T) {
	setup := authoritytest.Setup{}
	h, secret, _ := felled(t, setup)
	path := boltfile.Path(filepath.Join(h.Folder(), "data"))
	before := sha256.Sum256(read(t, path))
	db, err := bolt.Open(bolt.Options{Folder: filepath.Dir(path), Tables: rows.Tables(), ReadOnly: true})
	must(t, err)
	defer func() { must(t, db.Close()) }()
	a, err := h.On(db)
	must(t, err)
	if _, outcome := a.Verify(secret, here); outcome != policy.Accepted {
		t.Errorf("the token is %v", outcome)
	}
	if total, _, err := a.Events(t.Context(), root(), audit.Query{Limit: 10}); err != nil || total == 0 {
		t.Errorf("%d entries, %v", total, err)
	}
	a.Start()
	must(t, a.Scrub(t.Context()))
	must(t, a.Close(t.Context()))
	if sha256.Sum256(read(t, path)) != before {
		t.Error("the file was changed")
	}
}

func TestVerifyOnly_AStoreThatNobodyHasUsedYetIsRefused(t *testing.T) {
	h := authoritytest.Open(t)
	folder := t.TempDir()
	o := bolt.Options{Folder: folder, Tables: rows.Tables()}
	db, err := bolt.Open(o)
	must(t, err)
	must(t, db.Close())
	o.ReadOnly = true
	db, err = bolt.Open(o)
	must(t, err)
	defer func() { must(t, db.Close()) }()
	if _, err := h.On(db); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("got %v", err)
	}
}
