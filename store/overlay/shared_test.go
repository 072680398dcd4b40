package overlay_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"tokenscale/store"
	"tokenscale/store/overlay"
)

// A batch that somebody else was faster than runs again: what was allowed may be refused now, and
// what was refused may be allowed.
func TestABatchThatWasOvertakenRunsAgainAsAWhole(t *testing.T) {
	t.Parallel()
	m := newMemory(t, tables{})
	taken := errors.New("taken")
	m.before = func(*overlay.Batch) error {
		m.before = nil
		m.now = tables{table: rows{"theirs": "1"}}
		return overlay.ErrOvertaken
	}
	wants := func(there bool, key string) func(store.Writer) error {
		return func(w store.Writer) error {
			if v, err := w.Get(table, []byte("theirs")); err != nil || (v != nil) != there {
				return errors.Join(taken, err)
			}
			return putting(key, "1")(w)
		}
	}
	got := together(t, m, make([][]store.Option, 3), wants(false, "a"), wants(true, "b"), putting("c", "1"))
	if !errors.Is(got[0], taken) || got[1] != nil || got[2] != nil {
		t.Errorf("answers: %v", got)
	}
	if now := fmt.Sprint(m.picture()[table]); now != "map[b:1 c:1 theirs:1]" {
		t.Errorf("the store has %s", now)
	}
}

// A commit holds so many rows. Who does not fit goes into the next one, or has one to itself, and
// who never fits is refused alone.
func TestWhoDoesNotFitIntoACommitWaitsForTheNext(t *testing.T) {
	t.Parallel()
	m := newMemory(t, tables{})
	most, _ := m.Limits()
	puts := func(name string, n int) func(store.Writer) error {
		return func(w store.Writer) error {
			for i := range n {
				if err := w.Put(table, fmt.Append(nil, name, i), nil); err != nil {
					return err
				}
			}
			return nil
		}
	}
	got := together(t, m, make([][]store.Option, 5), puts("a", most-1), puts("b", 2), puts("c", most+1), puts("d", wideRows+1), puts("e", most))
	if got[0] != nil || got[1] != nil || got[2] != nil || !errors.Is(got[3], store.ErrLarge) || got[4] != nil {
		t.Errorf("answers: %v", got)
	}
	if n, s := len(m.picture()[table]), m.Stats(); n != most-1+2+most+1+most || s.Commits != 4 {
		t.Errorf("%d rows in %d commits", n, s.Commits)
	}
}

// Callers that were told of a doubt wait no more. What they changed goes on, and followers hear.
func TestACallerLeftInDoubtDoesNotHoldTheCommitUp(t *testing.T) {
	t.Parallel()
	m := newMemory(t, tables{})
	heard := make(chan []store.Change, 1)
	m.Follow(func(c []store.Change) { heard <- c })
	left := make(chan struct{})
	m.before = func(b *overlay.Batch) error {
		b.GiveUp(errors.New("no answer"))
		b.GiveUp(errors.New("still none"))
		<-left
		return nil
	}
	if err := m.Update(context.Background(), putting("a", "1")); !errors.Is(err, store.ErrInDoubt) {
		t.Errorf("the caller is told %v", err)
	}
	close(left)
	if c := <-heard; len(c) != 1 || string(c[0].Key) != "a" {
		t.Errorf("the followers hear of %v", c)
	}
}

// Who comes while nobody knows what became of a commit is not run, and told that nothing was
// changed, instead of waiting for as long as that takes.
func TestWhoWaitsBehindACommitInDoubtIsToldThatNothingWasChanged(t *testing.T) {
	t.Parallel()
	m := newMemory(t, tables{})
	behind, over := make(chan error, 1), make(chan struct{})
	m.before = func(b *overlay.Batch) error {
		m.before = nil
		go func() {
			defer close(over)
			behind <- m.Update(context.Background(), func(store.Writer) error {
				t.Error("it was run")
				return nil
			})
		}()
		for { // until it waits
			b.GiveUp(errors.New("no answer"))
			select {
			case <-over:
				return nil
			case <-time.After(time.Millisecond):
			}
		}
	}
	if err := m.Update(t.Context(), putting("a", "1")); !errors.Is(err, store.ErrInDoubt) {
		t.Errorf("the first is told %v", err)
	}
	if err := <-behind; !errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrInDoubt) {
		t.Errorf("who came behind it is told %v", err)
	}
	if err := m.Update(t.Context(), putting("b", "1")); err != nil {
		t.Errorf("who comes when it is over is told %v", err)
	}
}

// Of a commit that followers know already they are not told again.
func TestFollowersAreNotToldTwice(t *testing.T) {
	t.Parallel()
	m := newMemory(t, tables{})
	told := 0
	m.Follow(func([]store.Change) { told++ })
	m.before = func(b *overlay.Batch) error {
		b.Known()
		return m.Tell([]store.Change{{Table: table, Key: []byte("a"), Value: []byte("1")}})
	}
	if err := m.Update(t.Context(), putting("a", "1")); err != nil || told != 1 {
		t.Errorf("told %d times, and %v", told, err)
	}
}
