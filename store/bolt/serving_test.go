package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"

	"tokenscale/store"
)

// memory returns a folder of the test whose syncs take no time.
func memory(t testing.TB) string {
	t.Helper()
	folder, err := os.MkdirTemp("/dev/shm", "tokenscale")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return folder
}

func anything(store.Table, []byte, []byte) error { return nil }

// airy is a store with much more space than rows.
func airy(t testing.TB, o Options) *DB {
	t.Helper()
	db := mustOpen(t, o)
	value := bytes.Repeat([]byte("x"), 1000)
	for i := range 10 {
		must(t, db.Update(t.Context(), func(w store.Writer) error {
			for n := range 200 {
				if err := w.Put(things, fmt.Appendf(nil, "%02d-%03d", i, n), value); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	for i := range 9 {
		must(t, db.Update(t.Context(), func(w store.Writer) error {
			for n := range 200 {
				if err := w.Delete(things, fmt.Appendf(nil, "%02d-%03d", i, n)); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	return db
}

// stillWhole fails unless the store goes on as it was, without a second file.
func stillWhole(t testing.TB, db *DB, want map[string]string) {
	t.Helper()
	if _, err := os.Stat(CompactPath(db.options.Folder)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the new file is there still: %v", err)
	}
	if diff := cmp.Diff(want, content(t.(*testing.T), db)); diff != "" {
		t.Errorf("the rows differ:\n%s", diff)
	}
	must(t, db.Update(t.Context(), putting("afterwards", "1")))
}

func TestAnOpenStoreIsMadeShorterAndGoesOn(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	o.CheckEvery = time.Millisecond // whoever watches the file must know the new one
	var db *DB
	looked := make(chan error, 1)
	o.atStep = func(step string) error {
		if step == "named" {
			go func() { looked <- db.same() }()
			time.Sleep(20 * time.Millisecond)
		}
		return nil
	}
	db = airy(t, o)
	want := content(t, db)
	before := db.Stats()
	var asked atomic.Int64
	done, err := db.Compact(t.Context(), func(table store.Table, key, value []byte) error {
		if table != things || want[string(key)] != string(value) {
			return fmt.Errorf("asked for %s %q", table, key)
		}
		asked.Add(1)
		return nil
	})
	must(t, err)
	after := db.Stats()
	if done.Before != before.Size || done.After != after.Size || after.Compactions != 1 || after.Compacting {
		t.Errorf("it says %+v; the stats were %+v and are %+v", done, before, after)
	}
	if limit := 3*after.Used + db.options.Reserve; after.Size > limit || after.Size > before.Size/2 {
		t.Errorf("%d bytes became %d, of which %d are in use", before.Size, after.Size, after.Used)
	}
	if int(asked.Load()) != len(want) {
		t.Errorf("%d rows were looked at of %d", asked.Load(), len(want))
	}
	stillWhole(t, db, want)
	if err := errors.Join(<-looked, db.Err()); err != nil {
		t.Errorf("who looked at the file while it was exchanged took it for another one: %v", err)
	}
	must(t, db.Close())
	want["afterwards"] = "1"
	if diff := cmp.Diff(want, content(t, mustOpen(t, options(o.Folder)))); diff != "" {
		t.Errorf("after a restart the rows differ:\n%s", diff)
	}
}

func TestTablesThatNobodyDeclaredAreKept(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	must(t, mustOpen(t, Options{Folder: o.Folder, Tables: []store.Table{"zz of somebody else", "a", things}}).Close())
	file, err := bbolt.Open(Path(o.Folder), 0o600, nil)
	must(t, err)
	must(t, file.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("zz of somebody else"))
		return errors.Join(b.Put([]byte("k"), []byte("v")), b.SetSequence(7))
	}))
	must(t, file.Close())
	db := mustOpen(t, o)
	_, err = db.Compact(t.Context(), anything)
	must(t, err)
	must(t, db.Close())
	must(t, check(Path(o.Folder)))
	file, err = openToRead(Path(o.Folder))
	must(t, err)
	defer file.Close()
	must(t, file.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("zz of somebody else"))
		if b == nil || string(b.Get([]byte("k"))) != "v" || b.Sequence() != 7 || tx.Bucket([]byte("a")) == nil {
			t.Error("the table is not what it was")
		}
		return nil
	}))
}

// Readers and backups that began before the files were exchanged finish on the
// old one, however long they take.
func TestReadersFinishWhereTheyBegan(t *testing.T) {
	t.Parallel()
	db := airy(t, options(t.TempDir()))
	want := content(t, db)
	old := db.handle.Load()
	var copied bytes.Buffer
	var all sync.WaitGroup
	slow := &slowCopy{to: &copied, slowReader: slowReader{began: make(chan struct{}), more: make(chan struct{})}}
	all.Go(func() {
		if _, err := db.Backup(context.Background(), slow); err != nil {
			t.Error(err)
		}
	})
	<-slow.began
	err := db.View(t.Context(), func(r store.Reader) error {
		for range 2 {
			if _, err := db.Compact(context.Background(), anything); err != nil {
				return err
			}
			put(t, db, "new", "1")
		}
		got := map[string]string{}
		err := r.Scan(things, store.Range{}, func(k, v []byte) error { got[string(k)] = string(v); return nil })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the reader of the old file sees other rows:\n%s", diff)
		}
		return err
	})
	must(t, err)
	select {
	case <-old.idle:
		t.Error("the old file is given up while a backup reads it")
	default:
	}
	close(slow.more)
	all.Wait()
	<-old.idle
	if diff := cmp.Diff(want, content(t, restored(t, copied.Bytes()))); diff != "" {
		t.Errorf("the backup differs:\n%s", diff)
	}
	want["new"] = "1"
	stillWhole(t, db, want)
}

type slowCopy struct {
	slowReader
	to *bytes.Buffer
}

func (s *slowCopy) Write(p []byte) (int, error) {
	_, _ = s.slowReader.Write(p)
	return s.to.Write(p)
}

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
