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
	"tokenscale/store/bolt/boltfile"
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
	fill(t, db)
	return db
}

// fill puts rows into a store, and takes most of them out.
func fill(t testing.TB, db *DB) {
	t.Helper()
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
}

// stillWhole fails unless the store goes on as it was, without a second file.
func stillWhole(t testing.TB, db *DB, want map[string]string) {
	t.Helper()
	if _, err := os.Stat(boltfile.CompactPath(db.options.Folder)); !errors.Is(err, os.ErrNotExist) {
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
	o.atStep = func(step string, fresh *boltfile.File) error {
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
	file, err := bbolt.Open(boltfile.Path(o.Folder), 0o600, nil)
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
	must(t, boltfile.Check(boltfile.Path(o.Folder)))
	file, err = bbolt.Open(boltfile.Path(o.Folder), 0o600, &bbolt.Options{ReadOnly: true})
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

// Readers and backups that began before the files were exchanged finish on the old one, however
// long they take.
func TestReadersFinishWhereTheyBegan(t *testing.T) {
	t.Parallel()
	db := airy(t, options(t.TempDir()))
	want := content(t, db)
	old := db.file.Load()
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
	if _, err := old.Begin(false); !errors.Is(err, boltfile.ErrRetired) {
		t.Errorf("the old file is still in use: %v", err)
	}
	close(slow.more)
	all.Wait()
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
