package bolt

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
)

var errDisk = errors.New("input/output error")

func TestAFailedCommitStopsTheWritingAndNotTheReading(t *testing.T) {
	t.Parallel()
	var fail atomic.Bool
	o := options(t.TempDir())
	hold, held := make(chan struct{}), make(chan struct{})
	o.beforeCommit = func() error {
		if !fail.Load() {
			return nil
		}
		close(held)
		<-hold
		return errDisk
	}
	db := mustOpen(t, o)
	put(t, db, "a", "1")
	told := 0
	db.Follow(func([]store.Change) { told++ })
	fail.Store(true)
	results := make(chan error, 20)
	for range cap(results) {
		go func() { results <- db.Update(context.Background(), putting("b", "2")) }()
	}
	<-held
	doubtful := 0
	close(hold)
	for range cap(results) {
		err := <-results
		if !errors.Is(err, store.ErrStopped) || !errors.Is(err, errDisk) {
			t.Errorf("a caller got %v; want ErrStopped and the cause", err)
		}
		if errors.Is(err, store.ErrInDoubt) {
			doubtful++
		}
	}
	select {
	case <-db.Stopped():
	default:
		t.Error("Stopped is not closed")
	}
	if err := db.Err(); !errors.Is(err, store.ErrStopped) || !errors.Is(err, errDisk) {
		t.Errorf("Err() = %v; want ErrStopped and the cause", err)
	}
	fail.Store(false)
	if doubtful == 0 {
		t.Error("nobody was told that it is in doubt what became of their change")
	}
	if err := db.Update(t.Context(), putting("c", "3")); !errors.Is(err, store.ErrStopped) || errors.Is(err, store.ErrInDoubt) {
		t.Errorf("a later caller got %v; want ErrStopped, for the disk may have lost pages, and no doubt", err)
	}
	if got := get(t, db, "a"); got != "1" {
		t.Errorf("a = %q; want 1, as reading goes on", got)
	}
	if told != 0 {
		t.Errorf("the followers heard %d times of what may not have happened", told)
	}
}

func TestAFollowerThatPanicsOrExitsStopsTheWriting(t *testing.T) {
	t.Parallel()
	for name, follow := range map[string]func([]store.Change){
		"panics": func([]store.Change) { panic("a bug of ours") },
		"exits":  func([]store.Change) { (&testing.T{}).FailNow() },
	} {
		t.Run(name, func(t *testing.T) {
			db := mustOpen(t, options(t.TempDir()))
			db.Follow(follow)
			if err := db.Update(t.Context(), putting("a", "1")); !errors.Is(err, store.ErrStopped) || !errors.Is(err, store.ErrInDoubt) {
				t.Errorf("the caller got %v; want ErrStopped, in doubt", err)
			}
			if err := db.Update(t.Context(), putting("b", "1")); !errors.Is(err, store.ErrStopped) || errors.Is(err, store.ErrInDoubt) {
				t.Errorf("the next caller got %v; want ErrStopped, and no doubt", err)
			}
		})
	}
}

func TestAFileThatIsMovedAwayStopsTheWritingByItself(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	o.CheckEvery = time.Millisecond
	db := mustOpen(t, o)
	if err := os.Rename(db.path, db.path+".moved"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-db.Stopped():
	case <-time.After(10 * time.Second):
		t.Fatal("it has not stopped")
	}
	if err := db.Err(); !errors.Is(err, boltfile.ErrMoved) {
		t.Errorf("Err() = %v; want boltfile.ErrMoved", err)
	}
}

func TestNothingIsAcknowledgedAfterTheFileWasReplaced(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	o.CheckEvery = time.Hour // the commit must notice by itself
	db := mustOpen(t, o)
	put(t, db, "a", "1")
	copied, err := os.ReadFile(db.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(db.path), os.WriteFile(db.path, copied, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := db.Update(t.Context(), putting("b", "1")); !errors.Is(err, store.ErrStopped) || !errors.Is(err, boltfile.ErrMoved) {
		t.Errorf("got %v; want ErrStopped and boltfile.ErrMoved", err)
	}
}

// filledStore is a store with some hundred pages.
func filledStore(t *testing.T) *DB {
	t.Helper()
	db := mustOpen(t, options(t.TempDir()))
	err := db.Update(t.Context(), func(w store.Writer) error {
		for n := range 5000 {
			if err := w.Put(things, []byte{byte(n >> 8), byte(n)}, make([]byte, 200)); err != nil {
				return err
			}
		}
		return w.Put(things, []byte("zz large"), make([]byte, 100_000))
	})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// readAll reads every byte of the table.
func readAll(r store.Reader) error {
	sum := byte(0)
	return r.Scan(things, store.Range{}, func(k, v []byte) error {
		for _, b := range k {
			sum += b
		}
		for _, b := range v {
			sum += b
		}
		return nil
	})
}

func TestAFileThatIsCutShortGivesErrorsAndNoCrash(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{0, 1, 4096, 8192, 100_000, 500_000} {
		db := filledStore(t)
		err := db.View(t.Context(), func(r store.Reader) error {
			if err := os.Truncate(db.path, size); err != nil {
				t.Fatal(err)
			}
			return readAll(r)
		})
		if !errors.Is(err, store.ErrDamaged) {
			t.Errorf("cut to %d bytes under a reader: %v; want ErrDamaged", size, err)
		}
		if err := db.View(t.Context(), readAll); !errors.Is(err, store.ErrDamaged) {
			t.Errorf("cut to %d bytes, read later: %v; want ErrDamaged", size, err)
		}
		if err := db.Update(t.Context(), putting("a", "1")); !errors.Is(err, store.ErrStopped) || !errors.Is(err, store.ErrDamaged) {
			t.Errorf("cut to %d bytes, written later: %v; want ErrStopped and ErrDamaged", size, err)
		}
		db.Stats()
	}
}

func TestAFileThatIsCutShortUnderAWriterStopsTheWriting(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{0, 4096, 8192, 100_000, 500_000} {
		db := filledStore(t)
		err := db.Update(t.Context(), func(w store.Writer) error {
			if err := os.Truncate(db.path, size); err != nil {
				return err
			}
			return errors.Join(readAll(w), w.Put(things, []byte("a"), []byte("1")))
		})
		if !errors.Is(err, store.ErrDamaged) || !errors.Is(db.Err(), store.ErrStopped) {
			t.Errorf("cut to %d bytes under a writer: %v, and the store says %v; want ErrDamaged and ErrStopped", size, err, db.Err())
		}
	}
}

func TestAFileThatIsCutShortIsNoticedByTheNextCommit(t *testing.T) {
	t.Parallel()
	db := filledStore(t)
	if err := os.Truncate(db.path, db.Stats().Size-1); err != nil {
		t.Fatal(err)
	}
	if err := db.Update(t.Context(), putting("a", "1")); !errors.Is(err, store.ErrStopped) || !errors.Is(err, store.ErrDamaged) {
		t.Errorf("got %v; want ErrStopped and ErrDamaged, though every page that was needed is there", err)
	}
}

// overwrite writes over the n-th page of the file.
func overwrite(db *DB, page []byte, n int64) (int, error) {
	f, err := os.OpenFile(db.path, os.O_WRONLY, 0)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return f.WriteAt(page, n*int64(len(page)))
}

func TestABatchThatComesUponDamageIsNotCommitted(t *testing.T) {
	t.Parallel()
	db := filledStore(t)
	errs := together(t, db, putting("zzz", "1"), func(w store.Writer) error {
		if _, err := overwrite(db, make([]byte, db.file.Load().Page()), 30); err != nil {
			return err
		}
		return readAll(w)
	})
	if !errors.Is(errs[0], store.ErrStopped) || !errors.Is(errs[1], store.ErrDamaged) {
		t.Errorf("the callers got %v and %v; want ErrStopped and ErrDamaged", errs[0], errs[1])
	}
}

func TestPagesThatTurnIntoNonsenseGiveErrorsAndNoCrash(t *testing.T) {
	t.Parallel()
	for name, fill := range map[string]byte{"zeros": 0, "ones": 0xff, "a pattern": 0x5a} {
		t.Run(name, func(t *testing.T) {
			db := filledStore(t)
			page := make([]byte, db.file.Load().Page())
			for i := range page {
				page[i] = fill
			}
			for n := int64(2); n < 60; n++ {
				if _, err := overwrite(db, page, n); err != nil {
					t.Fatal(err)
				}
			}
			if err := db.View(t.Context(), readAll); !errors.Is(err, store.ErrDamaged) {
				t.Errorf("got %v; want ErrDamaged", err)
			}
		})
	}
}

func TestClosingWaitsForReaders(t *testing.T) {
	t.Parallel()
	db := mustOpen(t, options(t.TempDir()))
	put(t, db, "a", "1")
	reading, finish := make(chan struct{}), make(chan struct{})
	var done atomic.Bool
	var all sync.WaitGroup
	all.Go(func() {
		err := db.View(context.Background(), func(r store.Reader) error {
			close(reading)
			<-finish
			defer done.Store(true)
			return readAll(r)
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-reading
	all.Go(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if !done.Load() {
			t.Error("Close returned while a reader was at work")
		}
	})
	<-db.committer.Closing()
	time.Sleep(10 * time.Millisecond) // time enough for a Close that does not wait
	close(finish)
	all.Wait()
}
