package bolt

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"tokenscale/store"
)

// together runs the functions behind one that waits until all are queued, and returns what
// became of them.
func together(t *testing.T, db *DB, fns ...func(store.Writer) error) []error {
	t.Helper()
	running, release := make(chan struct{}), make(chan struct{})
	plug := make(chan error, 1)
	go func() {
		plug <- db.Update(context.Background(), func(store.Writer) error {
			close(running)
			<-release
			return nil
		})
	}()
	<-running
	results := make([]chan error, len(fns))
	for i, fn := range fns {
		results[i] = make(chan error, 1)
		go func() { results[i] <- db.Update(context.Background(), fn) }()
		for db.Stats().Queued <= i {
			time.Sleep(time.Microsecond)
		}
	}
	close(release)
	errs := []error{<-plug}
	for _, r := range results {
		errs = append(errs, <-r)
	}
	return errs[1:]
}

func many(n int, size int) (fns []func(store.Writer) error) {
	for i := range n {
		fns = append(fns, putting(fmt.Sprint(i), string(make([]byte, size))))
	}
	return fns
}

func TestCallersWhoWaitShareACommit(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	var passed atomic.Int64
	o := options(t.TempDir())
	o.Now = func() time.Time { return noon.Add(time.Duration(passed.Load())) }
	db := mustOpen(t, o)
	fns := many(49, 10)
	fns = append(fns, func(w store.Writer) error {
		passed.Add(int64(time.Second)) // while the batch is under way
		return putting("last", "")(w)
	})
	if err := errors.Join(together(t, db, fns...)...); err != nil {
		t.Fatal(err)
	}
	s := db.Stats()
	if s.Commits != 1 || s.Updates != 50 || s.MaxBatch != 50 || s.LastBatch != 50 || s.Rows != 50 {
		t.Errorf("50 callers who waited: %+v; want one commit", s)
	}
	if clock := o.Now(); !s.LastCommit.Equal(clock) || s.LastDuration != time.Second || s.MaxDuration != time.Second || s.Duration != time.Second {
		t.Errorf("times: %+v; want a commit of one second that ended at %v", s, o.Now())
	}
}

func TestABatchIsBoundedInNumberAndInBytes(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	o.BatchCount, o.BatchBytes = 10, 5000
	db := mustOpen(t, o)
	if err := errors.Join(together(t, db, many(50, 10)...)...); err != nil {
		t.Fatal(err)
	}
	if s := db.Stats(); s.MaxBatch != 10 {
		t.Errorf("a batch of %d; want 10 at most", s.MaxBatch)
	}
	before := db.Stats().Commits
	if err := errors.Join(together(t, db, many(8, 3000)...)...); err != nil {
		t.Fatal(err)
	}
	if got := db.Stats().Commits - before; got != 4 {
		t.Errorf("8 transactions of 3,000 bytes took %d commits; want 4, as two of them fill a batch", got)
	}
}

func TestABatchThatChangesNothingIsNotCommitted(t *testing.T) {
	t.Parallel()
	o := options(t.TempDir())
	o.beforeCommit = func() error { return errors.New("it was committed") }
	db := mustOpen(t, o)
	refused := errors.New("refused")
	errs := together(t, db,
		func(store.Writer) error { return nil },
		func(w store.Writer) error { return errors.Join(w.Put(things, []byte("a"), nil), refused) },
		func(w store.Writer) error { return w.Delete(things, []byte("a")) },
	)
	if errs[0] != nil || !errors.Is(errs[1], refused) || errs[2] != nil {
		t.Errorf("the callers got %v", errs)
	}
	if s := db.Stats(); s.Commits != 0 || s.Updates != 0 || s.Refused != 1 {
		t.Errorf("stats: %+v; want no commit", s)
	}
}
