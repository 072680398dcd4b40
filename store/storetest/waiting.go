package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tokenscale/store"
)

func cancelled(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	over, cancel := context.WithCancel(t.Context())
	cancel()
	err := db.Update(over, func(w store.Writer) error { return put(w, left, "a=1") })
	wants(t, "gone before it began", err, context.Canceled)

	during, cancel := context.WithCancel(t.Context())
	err = db.Update(during, func(w store.Writer) error {
		cancel()
		return put(w, left, "b=1")
	})
	wants(t, "gone while it ran", err, context.Canceled)
	holds(t, db, left)
}

func cancelledInQueue(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	p := stopUp(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	left1 := enqueue(t, db, ctx, func(w store.Writer) error {
		t.Error("it was run for someone who had left")
		return put(w, left, "a=1")
	})
	cancel()
	wants(t, "gone while it waited", receive(t, left1, "the caller to leave, with the plug still in"), context.Canceled)
	p.pull(t)
	update(t, db, func(w store.Writer) error { return put(w, left, "b=1") })
	holds(t, db, left, "b=1")
}

func cancelledRunning(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	var ended atomic.Bool
	err := db.Update(ctx, func(w store.Writer) error {
		cancel()
		time.Sleep(20 * time.Millisecond) // time enough for a caller who does not wait
		defer ended.Store(true)
		return put(w, left, "a=1")
	})
	if !ended.Load() {
		t.Error("Update returned while its function was running")
	}
	wants(t, "the caller", err, context.Canceled)
	holds(t, db, left)
}

func cancelledTooLate(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	db.Follow(func([]store.Change) {
		cancel()
		time.Sleep(20 * time.Millisecond)
	})
	if err := db.Update(ctx, func(w store.Writer) error { return put(w, left, "a=1") }); err != nil {
		t.Errorf("the change was committed, and its caller got %v", err)
	}
	holds(t, db, left, "a=1")
}

func fullQueue(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	p := stopUp(t, db)
	var waiting []<-chan error
	for n := range Queue {
		waiting = append(waiting, enqueue(t, db, t.Context(), func(w store.Writer) error { return w.Put(left, key(n), nil) }))
	}
	ctx, cancel := context.WithCancel(t.Context())
	impatient, patient := make(chan error, 1), make(chan error, 1)
	go func() { impatient <- db.Update(ctx, func(w store.Writer) error { return put(w, right, "impatient=") }) }()
	go func() {
		patient <- db.Update(t.Context(), func(w store.Writer) error { return put(w, right, "patient=") })
	}()
	cancel()
	wants(t, "the impatient one", receive(t, impatient, "the impatient one"), context.Canceled)
	select {
	case err := <-patient:
		t.Errorf("the patient one did not wait: %v", err)
	default:
	}
	p.pull(t)
	for _, w := range append(waiting, patient) {
		if err := receive(t, w, "a caller"); err != nil {
			t.Error(err)
		}
	}
	holds(t, db, right, "patient=")
}

func reopen(t *testing.T, open Open) {
	dir := t.TempDir()
	db := open(t, dir)
	update(t, db, func(w store.Writer) error { return errors.Join(put(w, left, "a=1", "b=2"), put(w, right, "c=3")) })
	update(t, db, func(w store.Writer) error { return w.Delete(left, []byte("a")) })
	for range 2 {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = open(t, dir)
		holds(t, db, left, "b=2")
		holds(t, db, right, "c=3")
	}
}

func closeWhileWaiting(t *testing.T, open Open) {
	dir := t.TempDir()
	db := open(t, dir)
	var (
		mu    sync.Mutex
		acked []string
		all   sync.WaitGroup
	)
	for n := range 4 * Queue {
		all.Go(func() {
			for i := 0; ; i++ {
				row := fmt.Sprintf("%02d-%06d=", n, i)
				err := db.Update(t.Context(), func(w store.Writer) error { return put(w, left, row) })
				if err != nil {
					wants(t, "a writer", err, store.ErrClosed)
					return
				}
				mu.Lock()
				acked = append(acked, row)
				mu.Unlock()
			}
		})
	}
	eventually(t, "some commits", func() bool { return db.Stats().Commits > 3 })
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	all.Wait()
	found := map[string]bool{}
	err := open(t, dir).View(t.Context(), func(r store.Reader) error {
		list, err := rows(r, left, store.Range{})
		for _, row := range list {
			found[row] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range acked {
		if !found[row] {
			t.Errorf("%s was acknowledged and is lost", row)
		}
	}
	if len(found) != len(acked) {
		t.Errorf("%d rows are there; %d were acknowledged", len(found), len(acked))
	}
}

func closedRefuses(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	if err := errors.Join(db.Close(), db.Close()); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	wants(t, "Update", db.Update(t.Context(), func(store.Writer) error { t.Error("it ran"); return nil }), store.ErrClosed)
	wants(t, "View", db.View(t.Context(), func(store.Reader) error { t.Error("it ran"); return nil }), store.ErrClosed)
	_, err := db.Backup(t.Context(), nil)
	wants(t, "Backup", err, store.ErrClosed)
	wants(t, "Err", db.Err(), nil)
	select {
	case <-db.Stopped():
		t.Error("it says that it stopped; it was closed")
	default:
	}
	db.Stats()
}
