package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
	"tokenscale/store/overlay"
)

// fillUp puts rows until there is no room, and returns how many went in.
func fillUp(t *testing.T, db *DB, size int, how ...store.Option) int {
	t.Helper()
	for n := 0; ; n++ {
		err := db.Update(t.Context(), func(w store.Writer) error {
			return w.Put(things, fmt.Appendf(nil, "%d-%d-%06d", size, db.Stats().Commits, n), make([]byte, size))
		}, how...)
		if errors.Is(err, store.ErrFull) {
			return n
		}
		if err != nil {
			t.Fatalf("row %d: %v; want ErrFull at last", n, err)
		}
	}
}

// empty deletes every n-th row, one transaction each.
func empty(t *testing.T, db *DB, every int) (deleted int) {
	t.Helper()
	var keys []string
	err := db.View(t.Context(), func(r store.Reader) error {
		return r.Scan(things, store.Range{}, func(k, _ []byte) error {
			keys = append(keys, string(k))
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	for n, k := range keys {
		if n%every != 0 {
			continue
		}
		if err := db.Update(t.Context(), func(w store.Writer) error { return w.Delete(things, []byte(k)) }); err != nil {
			t.Fatalf("deleting row %d of %d: %v", n, len(keys), err)
		}
		deleted++
	}
	return deleted
}

func TestAFullStoreRefusesDeletesAndGoesOn(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	o.MaxSize = 1 << 20
	db := mustOpen(t, o)
	if n := fillUp(t, db, 1900); n < 150 {
		t.Errorf("only %d rows of 1,900 bytes in a store of 1 MiB", n)
	}
	if s := db.Stats(); s.Size > o.MaxSize || s.MaxSize != o.MaxSize || s.Used < s.Size/2 {
		t.Errorf("stats of the full store: %+v", s)
	}
	if err := db.Err(); err != nil {
		t.Fatalf("a full store has stopped: %v", err)
	}

	// What takes rights away still works, many times over.
	for n := range 50 {
		err := db.Update(t.Context(), func(w store.Writer) error {
			return w.Put(things, fmt.Appendf(nil, "revoked %d", n), make([]byte, 300))
		}, store.UseReserve)
		if err != nil {
			t.Fatalf("urgent row %d: %v", n, err)
		}
	}
	if deleted := empty(t, db, 2); deleted < 80 {
		t.Errorf("deleted only %d rows", deleted)
	}
	if n := fillUp(t, db, 1900); n < 50 {
		t.Errorf("only %d rows went in after half of them were deleted", n)
	}

	// Even the reserve ends, and even then the store goes on.
	fillUp(t, db, 300, store.UseReserve)
	if deleted := empty(t, db, 1); deleted < 150 || db.Err() != nil {
		t.Errorf("deleted %d rows of a store without its reserve; it says %v", deleted, db.Err())
	}
	if s := db.Stats(); s.Size > o.MaxSize {
		t.Errorf("the file has %d bytes; it may have %d", s.Size, o.MaxSize)
	}
}

func TestATransactionThatIsTooLargeDoesNotTakeItsNeighboursAlong(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	o.MaxSize = 1 << 20
	db := mustOpen(t, o)
	running, release := make(chan struct{}, 2), make(chan struct{})
	var waiting []chan error
	call := func(fn func(store.Writer) error) {
		c := make(chan error, 1)
		waiting = append(waiting, c)
		queued := db.Stats().Queued
		go func() { c <- db.Update(context.Background(), fn) }()
		for len(waiting) > 1 && db.Stats().Queued == queued {
		}
	}
	call(func(store.Writer) error {
		running <- struct{}{}
		<-release
		return nil
	})
	<-running
	call(putting("before", "1"))
	call(putting("large", string(make([]byte, 900_000))))
	call(putting("after", "1"))
	close(release)
	for i, c := range waiting {
		if err := <-c; errors.Is(err, store.ErrFull) != (i == 2) || err != nil && i != 2 {
			t.Errorf("caller %d got %v", i, err)
		}
	}
	if get(t, db, "before")+get(t, db, "after")+get(t, db, "large") != "11" {
		t.Error("the wrong rows are there")
	}
}

// TestADiskThatIsFullIsNotAFailedCommit has the system refuse to make files longer, which is
// what a full disk does. That holds for a whole process, so the test runs in one of its own.
func TestADiskThatIsFullIsNotAFailedCommit(t *testing.T) {
	t.Parallel()
	if !alone(t) {
		return
	}
	o := options(t.TempDir())
	o.Reserve = 256 << 10
	db := mustOpen(t, o)
	relieve := limitFiles(t, db.Stats().Size+100_000)
	if n := fillUp(t, db, 1000); n < 50 {
		t.Errorf("only %d rows went in", n)
	}
	if err := db.Update(t.Context(), putting("revoked", "1"), store.UseReserve); err != nil {
		t.Errorf("an urgent row: %v", err)
	}
	empty(t, db, 3)
	relieve()
	put(t, db, "when there is room again", string(make([]byte, 500_000)))
}

// alone reports whether a test is in a process of its own. If it is not, it is run in one.
func alone(t *testing.T) bool {
	t.Helper()
	const inside = "TOKENSCALE_TEST_ALONE"
	if os.Getenv(inside) != "" {
		return true
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), inside+"=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
	return false
}

// limitFiles has the system refuse to make files longer than size bytes, until relieve is
// called.
func limitFiles(t *testing.T, size int64) (relieve func()) {
	t.Helper()
	var limit syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit))
	unlimited := limit
	limit.Cur = uint64(size)
	must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit))
	return func() { must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &unlimited)) }
}

// TestTheEstimateIsHighRatherThanLow writes batches of many shapes and looks whether bbolt had
// to make the file longer by itself.
func TestTheEstimateIsHighRatherThanLow(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	db := mustOpen(t, o)
	for round, shape := range []struct{ rows, size int }{
		{1, 10}, {4, 150}, {1000, 150}, {300, 900}, {100, 1500}, {50, 3000}, {20, 5000}, {5, 100_000}, {3000, 20}, {1, 1 << 20}, {2000, 100}, {1, 10},
	} {
		tx, err := db.begin(true)
		if err != nil {
			t.Fatal(err)
		}
		changed := overlay.New()
		for n := range shape.rows {
			k := fmt.Appendf(nil, "%016x", uint64(round*10_000+n)*0x9e3779b97f4a7c15)
			changed.Set(things, store.Row{Key: k, Value: make([]byte, shape.size)})
		}
		page, free := tx.File().Page(), freePages(tx)
		pooled, fresh := estimate(changed, page, tx.Size()/page-free)
		before := tx.Size()
		must(t, db.makeSpace(tx, &overlay.Batch{Changed: changed}))
		must(t, apply(tx, changed))
		must(t, tx.Commit())
		after, err := db.begin(false)
		if err != nil {
			t.Fatal(err)
		}
		grew := (after.Size() - before) / page
		if allowed := fresh + max(0, pooled-free); grew > allowed {
			t.Errorf("%d rows of %d bytes: the file grew by %d pages; the estimate was %d", shape.rows, shape.size, grew, allowed)
		}
		if err := after.Rollback(); err != nil {
			t.Fatal(err)
		}
	}
}

// freePages returns how many pages of the file are surely free.
func freePages(tx *boltfile.Tx) int64 { return (tx.Size() - tx.Used()) / tx.File().Page() }
