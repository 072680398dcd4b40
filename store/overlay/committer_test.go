package overlay_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"tokenscale/store"
	"tokenscale/store/overlay"
	"tokenscale/store/storetest"
)

var table = storetest.Tables[0]

func putting(key, value string) func(store.Writer) error {
	return func(w store.Writer) error { return w.Put(table, []byte(key), []byte(value)) }
}

// queued waits until so many callers wait.
func queued(m *memory, n int) {
	for m.Stats().Queued < n {
		time.Sleep(time.Millisecond)
	}
}

func TestAPauseHoldsChangesBackAndNobodyElse(t *testing.T) {
	t.Parallel()
	m := newMemory(t, tables{})
	resume, err := m.Pause(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	changed := make(chan error, 1)
	go func() { changed <- m.Update(context.Background(), putting("a", "1")) }()
	queued(m, 1)
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() { left <- m.Update(ctx, putting("b", "1")) }()
	queued(m, 2)
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("who does not want to wait any more: %v", err)
	}
	if _, err := m.Pause(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a second pause, given up: %v", err)
	}
	if got := len(m.picture()[table]); got != 0 {
		t.Errorf("%d rows were written during the pause", got)
	}
	resume()
	if err := <-changed; err != nil || m.picture()[table]["a"] != "1" {
		t.Errorf("after the pause: %v, and the store has %v", err, m.picture())
	}
}

func TestAPauseEndsBeforeTheStoreIsClosed(t *testing.T) {
	t.Parallel()
	m := newMemory(t, tables{})
	resume, err := m.Pause(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	closed := make(chan error, 1)
	go func() { closed <- m.Close() }()
	<-m.Closing()
	select {
	case <-closed:
		t.Error("it was closed during a pause")
	case <-time.After(10 * time.Millisecond):
	}
	resume()
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if _, err := m.Pause(t.Context()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("a pause of a closed store: %v", err)
	}
}

func TestOnlyThoseWhoseCommitFailedAreInDoubt(t *testing.T) {
	t.Parallel()
	m := newMemory(t, tables{})
	broken := errors.New("broken")
	m.fail = broken
	if err := m.Update(t.Context(), putting("a", "1")); !errors.Is(err, store.ErrInDoubt) || !errors.Is(err, store.ErrStopped) || !errors.Is(err, broken) {
		t.Errorf("whose commit failed: %v", err)
	}
	if err := m.Update(t.Context(), putting("b", "1")); errors.Is(err, store.ErrInDoubt) || !errors.Is(err, store.ErrStopped) {
		t.Errorf("who came later: %v", err)
	}
	if _, err := m.Pause(t.Context()); !errors.Is(err, store.ErrStopped) {
		t.Errorf("a pause: %v", err)
	}
}

// crowded is a backend with room for one row in a batch.
type crowded struct{ *memory }

// Commit implements overlay.Backend.
func (c crowded) Commit(base overlay.Base, b *overlay.Batch) error {
	if b.Changed.Rows > 1 {
		return store.ErrFull
	}
	return c.memory.Commit(base, b)
}

func newCrowded(t *testing.T) *memory {
	t.Helper()
	m := &memory{now: tables{}}
	m.Committer = overlay.Start(crowded{m}, overlay.Settings{
		Tables: storetest.Tables, QueueLength: 8, BatchCount: 8, BatchBytes: 1 << 20, Now: time.Now,
	})
	t.Cleanup(func() { _ = m.Close() })
	return m
}

func TestWhatDoesNotFitTogetherIsTriedOneByOne(t *testing.T) {
	t.Parallel()
	m := newCrowded(t)
	got := together(t, m, make([][]store.Option, 3), putting("a", "1"),
		func(w store.Writer) error { return errors.Join(putting("b", "1")(w), putting("c", "1")(w)) }, putting("d", "1"))
	for n, err := range got {
		if errors.Is(err, store.ErrFull) != (n == 1) || err != nil && n != 1 {
			t.Errorf("caller %d: %v", n, err)
		}
	}
	if got := m.picture()[table]; len(got) != 2 || got["a"] != "1" || got["d"] != "1" {
		t.Errorf("the store has %v", got)
	}
}
