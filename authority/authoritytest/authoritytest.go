// Package authoritytest opens a real Authority on a real store in a folder of
// the test, with a clock the test sets. Tests above use it, so that they say
// only what is theirs.
package authoritytest

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tokenscale/audit"
	"tokenscale/authority"
	"tokenscale/authority/archive"
	"tokenscale/authority/keyring"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/store/bolt"
)

// Noon is the moment at which the clock of every House stands at first.
var Noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// A House is an Authority with what it stands on.
type House struct {
	*authority.Authority
	DB    store.DB
	Clock *Clock
	Log   *Log

	// Unchecked is for a test that breaks rows or writes them itself: the
	// House is then not checked against its audit log at the end.
	Unchecked bool

	tb      testing.TB
	folder  string
	setup   Setup
	refused map[authority.CommandCount]uint64 // by the Authorities before this one
}

// A Setup changes how a House is built. A nil function changes nothing.
type Setup struct {
	Options func(*authority.Options) // of each Authority
	Bolt    func(*bolt.Options)      // of each store, which is a file then
	File    bool                     // the store is a file even if those of other tests are not
	Wrap    func(store.DB) store.DB  // goes between the two
}

// Open builds a House in a folder of its own. When the test ends it is checked
// against its audit log, and closed.
func Open(tb testing.TB) *House {
	tb.Helper()
	return OpenWith(tb, Setup{})
}

// OpenWith is Open with another Setup.
func OpenWith(tb testing.TB, s Setup) *House {
	tb.Helper()
	h := &House{
		tb: tb, folder: tb.TempDir(), setup: s, Clock: &Clock{now: Noon}, Log: &Log{},
		refused: map[authority.CommandCount]uint64{},
	}
	h.open()
	tb.Cleanup(h.finish)
	return h
}

// finish checks and closes the House, if it stands and its test went well.
func (h *House) finish() {
	h.tb.Helper()
	if !h.Unchecked && h.DB != nil && !h.tb.Failed() {
		h.setup = Setup{File: h.setup.File || h.setup.Bolt != nil}
		h.Verdict()
	}
	h.Close()
}

// Folder is where the House keeps its data and its key file.
func (h *House) Folder() string { return h.folder }

// KeyFile is the path of the key file.
func (h *House) KeyFile() string { return filepath.Join(h.folder, "keys") }

// AuditFolder is where the audit log is kept that has left the store.
func (h *House) AuditFolder() string { return filepath.Join(h.folder, "audit") }

// Whole returns a Reader of the whole audit log.
func (h *House) Whole(r store.Reader) store.Reader {
	h.tb.Helper()
	keys, err := keyring.Load(h.KeyFile())
	h.must(err)
	return archive.NewSegments(rows.New(keys), h.AuditFolder(), nil, slog.New(slog.DiscardHandler)).Through(r)
}

// Reopen closes the House and builds it again on the same folder, as a
// restart does.
func (h *House) Reopen() {
	h.tb.Helper()
	h.Close()
	h.open()
}

func (h *House) open() {
	h.tb.Helper()
	if err := h.TryOpen(); err != nil {
		h.tb.Fatal(err)
	}
}

// TryOpen builds the closed House again, or returns why that cannot be.
func (h *House) TryOpen() error {
	db, err := h.Store()
	if err != nil {
		return err
	}
	if h.Authority, err = h.authority(db); err != nil {
		return errors.Join(err, db.Close())
	}
	h.DB = db
	if err := proven(db); err != nil {
		return err
	}
	return housed(db)
}

func (h *House) authority(db store.DB, change ...func(*authority.Options)) (*authority.Authority, error) {
	keys, err := keyring.Load(h.KeyFile())
	if errors.Is(err, keyring.ErrNoFile) {
		keys, err = keyring.Create(h.KeyFile(), rand.Reader)
	}
	if err != nil {
		return nil, err
	}
	if shared, ok := db.(store.Shared); ok {
		shared.Describe(func() store.Node { return store.Node{Keys: keys.Names()} })
	}
	if h.setup.Wrap != nil {
		db = h.setup.Wrap(db)
	}
	o := authority.Options{
		DB: db, Keys: keys, Now: h.Clock.Now, Steady: h.Clock.Steady, Random: rand.Reader,
		Log:     slog.New(slog.NewTextHandler(h.Log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Archive: archive.Settings{Folder: h.AuditFolder()},
	}
	for _, fn := range change {
		fn(&o)
	}
	if h.setup.Options != nil {
		h.setup.Options(&o)
	}
	return authority.Open(context.Background(), o)
}

// On returns another Authority with the keys and the clock of the House, on a
// store of the test.
func (h *House) On(db store.DB) (*authority.Authority, error) { return h.authority(db) }

// On is House.On with other options.
func On(h *House, db store.DB, change func(*authority.Options)) (*authority.Authority, error) {
	other := *h
	other.setup.Options = func(o *authority.Options) {
		if h.setup.Options != nil {
			h.setup.Options(o)
		}
		change(o)
	}
	return other.authority(db)
}

// Close closes the House, if it stands. What it could not write shows as a
// failure, unless it is Unchecked.
func (h *House) Close() {
	h.tb.Helper()
	if h.DB == nil {
		return
	}
	if err := h.Authority.Close(context.Background()); err != nil && !h.Unchecked {
		h.tb.Errorf("closing the authority: %v", err)
	}
	h.Crash()
}

// Crash closes the store under the Authority, which loses what it holds in
// memory only.
func (h *House) Crash() {
	h.tb.Helper()
	for k, n := range h.Stats().Commands {
		h.refused[k] += n
	}
	if err := h.DB.Close(); err != nil {
		h.tb.Errorf("closing the store: %v", err)
	}
	h.DB = nil
}

// Trail returns the whole audit log, newest first, with what each change of the policies did to
// each token.
func (h *House) Trail() []audit.Entry {
	h.tb.Helper()
	effects := h.effects()
	var all []audit.Entry
	for read := 0; ; {
		total, page, err := h.Events(context.Background(), Root(), audit.Query{Skip: read, Limit: policy.MaxPage})
		h.must(err)
		for _, e := range page {
			all = append(append(all, effects[e.Seq]...), e)
		}
		if read += len(page); read >= total {
			return all
		}
	}
}

// effects returns what each change of the policies did, the last token first.
func (h *House) effects() map[uint64][]audit.Entry {
	h.tb.Helper()
	keys, err := keyring.Load(h.KeyFile())
	h.must(err)
	all := map[uint64][]audit.Entry{}
	h.must(h.DB.View(context.Background(), func(r store.Reader) error {
		return ledger.New(rows.New(keys)).Lines(h.Whole(r), rows.Exported{}, func(e audit.Entry) error {
			if e.Effect != 0 {
				all[e.Seq] = append(all[e.Seq], e)
			}
			return nil
		})
	}))
	for _, list := range all {
		slices.Reverse(list)
	}
	return all
}
