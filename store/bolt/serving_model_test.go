package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
)

// Changes of every kind, before and after compactions and waiting for them, in the store and in
// a map.
func TestAnyChangesDuringCompactionsAreKept(t *testing.T) {
	t.Parallel()
	all := memory(t)
	rapid.Check(t, func(t *rapid.T) {
		folder, err := os.MkdirTemp(all, "")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(folder)
		want := map[string]string{}
		var db *DB
		change := func() error {
			next := maps.Clone(want)
			err := db.Update(context.Background(), func(w store.Writer) error {
				for range rapid.IntRange(0, 15).Draw(t, "rows") {
					table := rapid.SampledFrom([]store.Table{"a", "m", "z"}).Draw(t, "table")
					key := fmt.Sprintf("%02d", rapid.IntRange(0, 60).Draw(t, "key"))
					if rapid.IntRange(0, 2).Draw(t, "kind") == 0 {
						delete(next, string(table)+key)
						if err := w.Delete(table, []byte(key)); err != nil {
							return err
						}
						continue
					}
					value := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "value")
					next[string(table)+key] = string(value)
					if err := w.Put(table, []byte(key), value); err != nil {
						return err
					}
				}
				return nil
			})
			if err == nil {
				want = next
			}
			return err
		}
		o := Options{Folder: folder, Tables: []store.Table{"a", "m", "z"}, Reserve: 1 << 16, CheckEvery: time.Hour}
		if db, err = Open(o); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		agree := func() {
			got := map[string]string{}
			err := db.View(context.Background(), func(r store.Reader) error {
				for _, table := range o.Tables {
					if err := r.Scan(table, store.Range{}, func(k, v []byte) error {
						got[string(table)+string(k)] = string(v)
						return nil
					}); err != nil {
						return err
					}
				}
				return nil
			})
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Fatalf("%v; the rows differ:\n%s", err, diff)
			}
		}
		for range rapid.IntRange(1, 2).Draw(t, "compactions") {
			must(t, change())
			waiting := make(chan error, 1)
			if rapid.Bool().Draw(t, "meanwhile") {
				go func() { waiting <- change() }()
			} else {
				waiting <- nil
			}
			_, err := db.Compact(context.Background(), anything)
			must(t, errors.Join(err, <-waiting))
			agree()
		}
		must(t, change())
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if db, err = Open(o); err != nil {
			t.Fatal(err)
		}
		agree()
	})
}

// The same with callers, readers and backups that wait for nobody.
func TestCompactionsUnderLoadLoseNothing(t *testing.T) {
	t.Parallel()
	o := options(memory(t))
	db := airy(t, o)
	want := content(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				key, value := fmt.Sprintf("%d-%03d", n, rand.IntN(300)), fmt.Sprint(i)
				gone := rand.IntN(3) == 0
				err := db.Update(context.Background(), func(w store.Writer) error {
					if gone {
						return errors.Join(w.Delete(things, []byte("a"+key)), w.Delete(things, []byte("z"+key)))
					}
					return errors.Join(w.Put(things, []byte("a"+key), []byte(value)), w.Put(things, []byte("z"+key), []byte(value)))
				})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if want["a"+key], want["z"+key] = value, value; gone {
					delete(want, "a"+key)
					delete(want, "z"+key)
				}
				mu.Unlock()
			}
		})
	}
	all.Go(func() {
		for ctx.Err() == nil {
			rows := content(t, db)
			for k, v := range rows {
				if k[0] == 'a' && rows["z"+k[1:]] != v {
					t.Errorf("a reader sees %s without its other half", k)
				}
			}
			if _, err := db.Backup(t.Context(), io.Discard); err != nil {
				t.Error(err)
			}
		}
	})
	for range 10 {
		if _, err := db.Compact(t.Context(), anything); err != nil {
			t.Error(err)
		}
	}
	cancel()
	all.Wait()
	if diff := cmp.Diff(want, content(t, db)); diff != "" {
		t.Errorf("the rows differ:\n%s", diff)
	}
	must(t, db.Close())
	must(t, boltfile.Check(db.path))
}
