package bolt

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
)

var errTest = errors.New("a failure of the test")

func TestACompactionThatFailsAtAnyStepLeavesTheStoreAsItWas(t *testing.T) {
	t.Parallel()
	db := airy(t, options(memory(t)))
	for _, at := range []string{"make", "copy", "compare", "check", "reserve", "exchange", "swap"} {
		want := content(t, db)
		db.options.atStep = func(step string, fresh *boltfile.File) error {
			if step == at {
				return errTest
			}
			return nil
		}
		if _, err := db.Compact(t.Context(), anything); !errors.Is(err, errTest) {
			t.Errorf("at %s: %v", at, err)
		}
		db.options.atStep = nil
		stillWhole(t, db, want)
		if _, err := db.Compact(t.Context(), anything); err != nil {
			t.Errorf("after one that failed at %s: %v", at, err)
		}
	}
}

func TestACompactionEndsWithItsCallerAndWithTheStore(t *testing.T) {
	t.Parallel()
	var at func()
	o := options(t.TempDir())
	o.atStep = func(step string, fresh *boltfile.File) error {
		if step == "compare" {
			at()
		}
		return nil
	}
	db := airy(t, o)
	want := content(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	at = func() {
		cancel()
		if _, err := db.Compact(t.Context(), anything); !errors.Is(err, ErrCompacting) {
			t.Errorf("a second one: %v", err)
		}
	}
	if _, err := db.Compact(ctx, anything); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who left: %v", err)
	}
	stillWhole(t, db, want)
	var closed sync.WaitGroup
	at = func() {
		closed.Go(func() { must(t, db.Close()) })
		<-db.committer.Closing()
	}
	if _, err := db.Compact(t.Context(), anything); !errors.Is(err, store.ErrClosed) {
		t.Errorf("a store that is closed: %v", err)
	}
	closed.Wait()
	if _, err := os.Stat(boltfile.CompactPath(o.Folder)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the new file is there still: %v", err)
	}
	if _, err := db.Compact(t.Context(), anything); !errors.Is(err, store.ErrClosed) {
		t.Errorf("after it was closed: %v", err)
	}
}

func TestARowThatIsNotSoundEndsACompaction(t *testing.T) {
	t.Parallel()
	db := airy(t, options(t.TempDir()))
	want := content(t, db)
	_, err := db.Compact(t.Context(), func(_ store.Table, key, _ []byte) error {
		if string(key) == "09-150" {
			return errTest
		}
		return nil
	})
	if !errors.Is(err, errTest) {
		t.Errorf("got %v", err)
	}
	stillWhole(t, db, want)
}

// What the copy holds is compared before it may take the place of the store.
func TestACopyThatDiffersNeverTakesThePlaceOfTheStore(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]store.Row{
		"a row changed": {Key: []byte("09-000"), Value: []byte("other")},
		"a row missing": {Key: []byte("09-199")},
		"a row more":    {Key: []byte("zz"), Value: []byte{}},
		"a row before":  {Key: []byte("00"), Value: []byte{}},
	} {
		o := options(memory(t))
		db := airy(t, o)
		want := content(t, db)
		db.options.atStep = func(step string, fresh *boltfile.File) error {
			if step != "compare" {
				return nil
			}
			tx, err := fresh.Begin(true)
			must(t, err)
			must(t, tx.Apply(things, slices.Values([]store.Row{spoil})))
			return tx.Commit()
		}
		if _, err := db.Compact(t.Context(), anything); !errors.Is(err, store.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		db.options.atStep = nil
		must(t, db.Err())
		stillWhole(t, db, want)
	}
}

// Nobody knows which of the two files a crash leaves if the folder is not on the disk; so
// nothing may be acknowledged any more.
func TestAnExchangeThatMayNotBeOnTheDiskStopsTheStore(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	o.atStep = func(step string, fresh *boltfile.File) error {
		if step == "renamed" {
			return errDisk
		}
		return nil
	}
	db := airy(t, o)
	want := content(t, db)
	if _, err := db.Compact(t.Context(), anything); !errors.Is(err, store.ErrStopped) || !errors.Is(err, errDisk) {
		t.Errorf("got %v", err)
	}
	if err := db.Update(t.Context(), putting("a", "1")); !errors.Is(err, store.ErrStopped) {
		t.Errorf("a change: %v", err)
	}
	if diff := cmp.Diff(want, content(t, db)); diff != "" {
		t.Errorf("the rows differ:\n%s", diff)
	}
	must(t, db.Close())
	o.atStep = nil
	if diff := cmp.Diff(want, content(t, mustOpen(t, o))); diff != "" {
		t.Errorf("after a restart the rows differ:\n%s", diff)
	}
}

func TestAFileThatWasTakenAwayIsNotExchanged(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	o.CheckEvery = time.Hour
	o.atStep = func(step string, fresh *boltfile.File) error {
		if step == "swap" {
			return os.Rename(boltfile.Path(o.Folder), boltfile.Path(o.Folder)+".moved")
		}
		return nil
	}
	db := airy(t, o)
	if _, err := db.Compact(t.Context(), anything); !errors.Is(err, store.ErrStopped) || !errors.Is(err, boltfile.ErrMoved) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(boltfile.Path(o.Folder)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a file at its path: %v", err)
	}
}

func TestWhatAKilledCompactionLeftIsGoneAtTheNextStart(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	must(t, os.WriteFile(boltfile.CompactPath(o.Folder), []byte("half"), 0o600))
	db := mustOpen(t, o)
	stillWhole(t, db, map[string]string{})
}

// A disk that is full ends the compaction that fills it, and nothing else.
func TestADiskThatFillsUpEndsACompactionAndNotTheStore(t *testing.T) {
	t.Parallel()
	if !alone(t) {
		return
	}
	db := airy(t, options(t.TempDir()))
	want := content(t, db)
	relieve := func() {}
	db.options.atStep = func(step string, _ *boltfile.File) error {
		if step == "copy" {
			relieve = limitFiles(t, 100_000)
		}
		return nil
	}
	if _, err := db.Compact(t.Context(), anything); err == nil || errors.Is(err, store.ErrStopped) {
		t.Errorf("got %v", err)
	}
	relieve()
	db.options.atStep = nil
	stillWhole(t, db, want)
}

// Callers of Update wait while the store is compacted, and readers do not.
func TestChangesWaitForACompactionAndReadersDoNot(t *testing.T) {
	t.Parallel()
	db := airy(t, options(t.TempDir()))
	changed := make(chan error, 1)
	db.options.atStep = func(step string, _ *boltfile.File) error {
		switch step {
		case "make":
			go func() { changed <- db.Update(context.Background(), putting("meanwhile", "1")) }()
			for db.Stats().Queued == 0 {
				time.Sleep(time.Millisecond)
			}
			over, cancel := context.WithCancel(t.Context())
			cancel()
			if err := db.Update(over, putting("late", "1")); !errors.Is(err, context.Canceled) {
				t.Errorf("a caller who has gone: %v", err)
			}
		case "swap", "renamed":
			if n, got := db.Stats().Queued, get(t, db, "meanwhile"); n != 1 || got != "" {
				t.Errorf("before %s %d callers wait, and what they write reads %q", step, n, got)
			}
		}
		return nil
	}
	_, err := db.Compact(t.Context(), anything)
	must(t, errors.Join(err, <-changed))
	if got := get(t, db, "meanwhile"); got != "1" {
		t.Errorf("what was written after it reads %q", got)
	}
}

// Damage of the store that shows while it is compacted stops it, as it does elsewhere.
func TestACompactionThatComesUponDamageStopsTheStore(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*DB) error{
		"nonsense": func(db *DB) error {
			_, err := overwrite(db, make([]byte, db.file.Load().Page()), 30)
			return err
		},
		"cut short": func(db *DB) error { return os.Truncate(db.path, 100_000) },
	} {
		db := filledStore(t)
		db.options.atStep = func(step string, _ *boltfile.File) error {
			if step == "copy" {
				return spoil(db)
			}
			return nil
		}
		if _, err := db.Compact(t.Context(), anything); !errors.Is(err, store.ErrStopped) || !errors.Is(err, store.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(boltfile.CompactPath(db.options.Folder)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the new file is there still: %v", name, err)
		}
	}
}
