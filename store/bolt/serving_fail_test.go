package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"

	"tokenscale/store"
)

var errTest = errors.New("a failure of the test")

func TestACompactionThatFailsAtAnyStepLeavesTheStoreAsItWas(t *testing.T) {
	t.Parallel()
	db := airy(t, options(memory(t)))
	for _, at := range []string{"open", "copy", "piece", "compare", "check", "room", "exchange", "swap"} {
		want := content(t, db)
		db.options.atStep = func(step string) error {
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
	o.atStep = func(step string) error {
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
		<-db.closing
	}
	if _, err := db.Compact(t.Context(), anything); !errors.Is(err, store.ErrClosed) {
		t.Errorf("a store that is closed: %v", err)
	}
	closed.Wait()
	if _, err := os.Stat(CompactPath(o.Folder)); !errors.Is(err, os.ErrNotExist) {
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
	for name, spoil := range map[string]func(*bbolt.Bucket) error{
		"a row changed": func(b *bbolt.Bucket) error { return b.Put([]byte("09-000"), []byte("other")) },
		"a row missing": func(b *bbolt.Bucket) error { return b.Delete([]byte("09-199")) },
		"a row more":    func(b *bbolt.Bucket) error { return b.Put([]byte("zz"), nil) },
		"a row before":  func(b *bbolt.Bucket) error { return b.Put([]byte("00"), nil) },
	} {
		var fresh *bbolt.DB
		o := options(memory(t))
		db := airy(t, o)
		want := content(t, db)
		c := &compaction{db: db, sound: anything, path: CompactPath(o.Folder), fresh: &handle{}}
		ctx, end, err := db.beginCompaction(t.Context())
		must(t, err)
		c.ctx = ctx
		db.options.atStep = func(step string) error {
			if fresh = c.fresh.bolt; step == "compare" {
				return fresh.Update(func(tx *bbolt.Tx) error { return spoil(tx.Bucket([]byte(things))) })
			}
			return nil
		}
		if err := c.run(); !errors.Is(err, store.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		must(t, c.discard())
		end()
		must(t, db.Err())
		stillWhole(t, db, want)
	}
}

// Nobody knows which of the two files a crash leaves if the folder is not on
// the disk; so nothing may be acknowledged any more.
func TestAnExchangeThatMayNotBeOnTheDiskStopsTheStore(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	o.atStep = func(step string) error {
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
	o.atStep = func(step string) error {
		if step == "swap" {
			return os.Rename(Path(o.Folder), Path(o.Folder)+".moved")
		}
		return nil
	}
	db := airy(t, o)
	if _, err := db.Compact(t.Context(), anything); !errors.Is(err, store.ErrStopped) || !errors.Is(err, errMoved) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(Path(o.Folder)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a file at its path: %v", err)
	}
}

func TestAStoreThatIsChangedTooFastIsNotCompacted(t *testing.T) {
	t.Parallel()
	db := airy(t, options(memory(t)))
	n := 0
	db.options.atStep = func(step string) error {
		if step != "exchange" && step != "settle" {
			return nil
		}
		return db.Update(context.Background(), func(w store.Writer) error {
			for range few + 1 {
				n++
				if err := w.Put(things, fmt.Appendf(nil, "%08d", n), []byte("x")); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if _, err := db.Compact(t.Context(), anything); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v", err)
	}
	db.options.atStep = nil
	stillWhole(t, db, content(t, db))
}

func TestMoreChangesThanAreKeptAreNeverForgotten(t *testing.T) {
	t.Parallel()
	var r recorder
	r.begin(3)
	o := newOverlay()
	for n := range 4 {
		o.set(things, row{key: fmt.Append(nil, n)})
	}
	r.mu.Lock()
	r.add(o)
	r.mu.Unlock()
	if _, err := r.take(); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v", err)
	}
}

func TestWhatAKilledCompactionLeftIsGoneAtTheNextStart(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	must(t, os.WriteFile(CompactPath(o.Folder), []byte("half"), 0o600))
	db := mustOpen(t, o)
	stillWhole(t, db, map[string]string{})
}

// What is served comes first: a change that finds the disk full ends the
// compaction that takes the space.
func TestACompactionGivesWayWhenTheDiskIsFull(t *testing.T) {
	t.Parallel()
	if !alone(t) {
		return
	}
	db := airy(t, options(t.TempDir()))
	db.options.atStep = func(step string) error {
		if step == "compare" {
			defer limitFiles(t, db.Stats().Size)()
			err := db.Update(context.Background(), func(w store.Writer) error {
				for n := range 20 {
					must(t, w.Put(things, fmt.Append(nil, n), make([]byte, store.MaxValue)))
				}
				return nil
			})
			if !errors.Is(err, store.ErrFull) {
				t.Errorf("a change that does not fit: %v", err)
			}
		}
		return nil
	}
	want := content(t, db)
	if _, err := db.Compact(t.Context(), anything); !errors.Is(err, ErrNoRoom) {
		t.Errorf("got %v", err)
	}
	db.options.atStep = nil
	stillWhole(t, db, want)
}
