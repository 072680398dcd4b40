package authority_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/store/bolt"
	"tokenscale/store/bolt/boltfile"
)

func TestIdempotencyKey_IsSavedByASalvage(t *testing.T) {
	h := authoritytest.Open(t)
	v, _, err := keyed(h, root(), "k1", draft("nurse"))
	must(t, err)
	_, _, err = keyed(h, root(), "k2", draft("nurse"))
	must(t, err)
	h.Close()
	from, saved := boltfile.Path(filepath.Join(h.Folder(), "data")), filepath.Join(h.Folder(), "saved")
	keys, err := authority.LoadKeys(h.KeyFile())
	must(t, err)
	db, err := bolt.Open(bolt.Options{Folder: saved, Tables: authority.Tables()})
	must(t, err)
	s := authority.NewSalvager(db, keys)
	_, err = boltfile.Rows(from, func(f boltfile.Find) error { return s.Take(context.Background(), f.Table, f.Key, f.Value) })
	must(t, err)
	_, err = s.Finish(t.Context(), h.Clock.Millis(), nil)
	must(t, err)
	must(t, db.Close())
	must(t, os.Rename(boltfile.Path(saved), from))
	must(t, h.TryOpen())
	must(t, h.Check(t.Context()))
	_, _, err = keyed(h, root(), "k1", draft("nurse"))
	repeated(t, err, v.ID, "", "string was shown once")
	h.Clock.Pass(policy.KeyLife)
	h.Round(t.Context())
	if n := repeatRows(t, h); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

// without returns the tables of a program that knows nothing of idempotency
// keys.
func without() []store.Table {
	return slices.DeleteFunc(authority.Tables(), func(t store.Table) bool { return slices.Contains(authority.Names.Idempotency, t) })
}

func TestIdempotencyKey_AStoreFromBeforeIsReadAsItIsAndThenTakesThem(t *testing.T) {
	h := authoritytest.OpenWith(t, authoritytest.Setup{Store: func(o *bolt.Options) { o.Tables = without() }})
	h.Unchecked = true // the older program would not have asked for the tables
	h.Token(draft("old"))
	must(t, h.Authority.Close(t.Context()))
	h.Crash()
	keys, err := authority.LoadKeys(h.KeyFile())
	must(t, err)
	inspect := func() authority.Report {
		t.Helper()
		var rep authority.Report
		must(t, boltfile.Inspect(t.Context(), boltfile.Path(filepath.Join(h.Folder(), "data")), func(r store.Reader) (err error) {
			rep, err = authority.Inspect(t.Context(), r, keys)
			return err
		}))
		if rep.Err() != nil || len(rep.Odd) > 0 {
			t.Errorf("the store is %v, %v", rep.Err(), rep.Odd)
		}
		return rep
	}
	inspect()
	db, err := bolt.Open(bolt.Options{Folder: filepath.Join(h.Folder(), "data"), Tables: authority.Tables()})
	must(t, err)
	must(t, db.Close())
	if rep := inspect(); rep.Tokens() != 1 {
		t.Errorf("%d tokens, want 1", rep.Tokens())
	}
}

// Going back to an older program and forth again: it leaves the rows alone,
// and they fit what is there afterwards.
func TestIdempotencyKey_AnOlderProgramMayOpenTheStoreMeanwhile(t *testing.T) {
	h := authoritytest.Open(t)
	v, _, err := keyed(h, root(), "k1", draft("nurse"))
	must(t, err)
	_, _, err = keyed(h, root(), "k2", draft("doctor"))
	must(t, err)
	h.Close()
	db, err := bolt.Open(bolt.Options{Folder: filepath.Join(h.Folder(), "data"), Tables: without()})
	must(t, err)
	keys, err := authority.LoadKeys(h.KeyFile())
	must(t, err)
	a, err := authority.Open(t.Context(), authority.Options{DB: db, Keys: keys, Now: h.Clock.Now, Random: rand.Reader, Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	must(t, a.DeleteToken(t.Context(), root(), v.ID, "deleteToken"))
	must(t, a.Close(t.Context()))
	must(t, db.Close())
	must(t, h.TryOpen())
	_, _, err = keyed(h, root(), "k1", draft("nurse"))
	repeated(t, err, v.ID, "", "was deleted since")
	_, _, err = keyed(h, root(), "k2", draft("nurse"))
	refusal(t, err, fault.Conflict, "came with another request")
}
