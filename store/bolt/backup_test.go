package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenscale/store"
)

// content reads the whole table.
func content(t *testing.T, db *DB) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := db.View(t.Context(), func(r store.Reader) error {
		return r.Scan(things, store.Range{}, func(k, v []byte) error {
			all[string(k)] = string(v)
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// restored opens a backup as a store.
func restored(t *testing.T, backup []byte) *DB {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "store.db"), backup, 0o600); err != nil {
		t.Fatal(err)
	}
	return mustOpen(t, options(folder))
}

func TestABackupOpensAndEquals(t *testing.T) {
	t.Parallel()
	db := filledStore(t)
	var b bytes.Buffer
	n, err := db.Backup(t.Context(), &b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("Backup = %d, %v; it wrote %d bytes", n, err, b.Len())
	}
	if diff := cmp.Diff(content(t, db), content(t, restored(t, b.Bytes()))); diff != "" {
		t.Errorf("the backup differs (-store +backup):\n%s", diff)
	}
}

func TestABackupUnderLoadIsOneMoment(t *testing.T) {
	t.Parallel()
	db := mustOpen(t, options(t.TempDir()))
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				// Two rows in each transaction: a backup with one of them was cut through it.
				_ = db.Update(ctx, func(w store.Writer) error {
					k := fmt.Sprintf("%d-%06d", n, i)
					return errors.Join(w.Put(things, []byte("a"+k), nil), w.Put(things, []byte("b"+k), nil))
				})
			}
		})
	}
	var backups []bytes.Buffer
	for range 5 {
		var b bytes.Buffer
		if _, err := db.Backup(t.Context(), &b); err != nil {
			t.Error(err)
		}
		backups = append(backups, b)
	}
	cancel()
	all.Wait()
	last := -1
	for i, b := range backups {
		rows := content(t, restored(t, b.Bytes()))
		for k := range rows {
			if _, ok := rows[map[byte]string{'a': "b", 'b': "a"}[k[0]]+k[1:]]; !ok {
				t.Errorf("backup %d has %s without its other half", i, k)
			}
		}
		if len(rows) < last {
			t.Errorf("backup %d has %d rows, the one before had %d", i, len(rows), last)
		}
		last = len(rows)
	}
}

func TestABackupEndsWithItsCallerOrItsWriter(t *testing.T) {
	t.Parallel()
	db := filledStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := db.Backup(ctx, writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil })); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who left: %v", err)
	}
	if _, err := db.Backup(t.Context(), writerFunc(func([]byte) (int, error) { return 0, errDisk })); err == nil {
		t.Error("a writer that failed: no error")
	}
	put(t, db, "a", "1")
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// Whoever reads a backup slowly makes the store grow. It goes no further than was allowed, an
// alarm can be raised meanwhile, and afterwards space is used again.
func TestASlowlyReadBackupIsSeenAndGivenUpBeforeTheFileHasGrownTooMuch(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	now := func() time.Time { mu.Lock(); defer mu.Unlock(); return clock }
	pass := func(d time.Duration) { mu.Lock(); defer mu.Unlock(); clock = clock.Add(d) }
	o := options(t.TempDir())
	o.Now, o.BackupGrowth = now, 2<<20
	db := mustOpen(t, o)
	row := bytes.Repeat([]byte("x"), 4000)
	change := func() {
		must(t, db.Update(t.Context(), func(w store.Writer) error { return w.Put(things, []byte("a"), row) }))
	}
	for range 100 {
		change()
	}
	before := db.Stats().Size
	slow := &slowReader{began: make(chan struct{}), more: make(chan struct{})}
	ended := make(chan error, 1)
	go func() { _, err := db.Backup(context.Background(), slow); ended <- err }()
	<-slow.began
	pass(time.Minute)
	if s := db.Stats(); s.Readers != 1 || s.OldestRead != time.Minute {
		t.Errorf("while the backup is read: %d readers, the oldest for %v", s.Readers, s.OldestRead)
	}
	for db.Stats().Size <= before+2<<20 {
		change()
	}
	close(slow.more)
	if err := <-ended; !errors.Is(err, ErrSlowBackup) {
		t.Errorf("the backup ended with %v", err)
	}
	if s := db.Stats(); s.Readers != 0 || s.OldestRead != 0 {
		t.Errorf("afterwards there are %d readers", s.Readers)
	}
	grown := db.Stats().Size
	for range 1000 {
		change()
	}
	if s := db.Stats().Size; s != grown {
		t.Errorf("afterwards the file grew from %d to %d bytes, though there was space", grown, s)
	}
}

// slowReader takes one piece of a backup and then waits.
type slowReader struct {
	began, more chan struct{}
	once        sync.Once
}

func (r *slowReader) Write(p []byte) (int, error) {
	r.once.Do(func() { close(r.began); <-r.more })
	return len(p), nil
}
