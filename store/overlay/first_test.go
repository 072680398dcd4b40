package overlay_test

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"

	"tokenscale/store"
)

// rowsOf counts the rows that a transaction reads.
func rowsOf(w store.Writer) (n int64) {
	_ = w.Scan(table, store.Range{}, func(_, _ []byte) error { n++; return nil })
	return n
}

// together has all of fns wait before any is run, so that they share a batch as far as they may,
// and returns what came of each.
func together(t *testing.T, m *memory, how [][]store.Option, fns ...func(store.Writer) error) []error {
	t.Helper()
	resume, err := m.Pause(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	answers := make([]chan error, len(fns))
	for n, fn := range fns {
		answers[n] = make(chan error, 1)
		go func() { answers[n] <- m.Update(context.Background(), fn, how[n]...) }()
		queued(m, n+1)
	}
	resume()
	out := make([]error, len(fns))
	for n := range answers {
		out[n] = <-answers[n]
	}
	return out
}

func TestWhoMustBeFirstReadsWhatFollowersKnowAndOthersReadMore(t *testing.T) {
	t.Parallel()
	m := newMemory(t, tables{})
	var told atomic.Int64
	m.Follow(func(cs []store.Change) { told.Add(int64(len(cs))) })
	ahead := func(by *int64, key string) func(store.Writer) error {
		return func(w store.Writer) error {
			*by = rowsOf(w) - told.Load()
			return putting(key, "")(w)
		}
	}
	var begun, joined, first, behind int64
	for _, err := range together(t, m, [][]store.Option{nil, nil, {store.First}, nil},
		ahead(&begun, "a"), ahead(&joined, "b"), ahead(&first, "c"), ahead(&behind, "d")) {
		if err != nil {
			t.Error(err)
		}
	}
	if begun != 0 || joined != 1 || first != 0 || behind != 1 {
		t.Errorf("rows read that followers did not know of: %d, %d, %d (must be first), %d; want 0, 1, 0, 1", begun, joined, first, behind)
	}
	if s := m.Stats(); s.Commits != 2 || s.MaxBatch != 2 {
		t.Errorf("%d commits, the largest of %d; want 2 of 2", s.Commits, s.MaxBatch)
	}
}

// The committer's goroutine may be ended by a transaction or a follower; who was to begin the next
// batch must not be lost with it.
func TestWhoMustBeFirstOutlivesTheCommitterBeforeIt(t *testing.T) {
	t.Parallel()
	m := newMemory(t, tables{})
	harmless := true
	m.Follow(func([]store.Change) {
		if harmless {
			return
		}
		runtime.Goexit()
	})
	got := together(t, m, [][]store.Option{nil, nil, {store.First}},
		putting("a", "1"), func(store.Writer) error { runtime.Goexit(); return nil }, putting("c", "1"))
	if got[0] != nil || got[1] == nil || got[2] != nil {
		t.Errorf("after a transaction ended the goroutine: %v", got)
	}
	harmless = false
	got = together(t, m, [][]store.Option{nil, {store.First}}, putting("d", "1"), putting("e", "1"))
	if !errors.Is(got[0], store.ErrInDoubt) || !errors.Is(got[1], store.ErrStopped) || errors.Is(got[1], store.ErrInDoubt) {
		t.Errorf("after a follower ended the goroutine: %v", got)
	}
}

func TestThoseWhoMustBeFirstAreServedInALoop(t *testing.T) {
	t.Parallel()
	m := newMemory(t, tables{})
	var depths [6]int
	var fns []func(store.Writer) error
	var how [][]store.Option
	for n := range depths {
		how = append(how, []store.Option{store.First})
		fns = append(fns, func(w store.Writer) error {
			depths[n] = runtime.Callers(0, make([]uintptr, 200))
			return putting(string(rune('a'+n)), "")(w)
		})
	}
	for _, err := range together(t, m, how, fns...) {
		if err != nil {
			t.Error(err)
		}
	}
	for _, depth := range depths {
		if depth != depths[0] {
			t.Errorf("depths of the stack: %v", depths)
			break
		}
	}
	if s := m.Stats(); s.Commits != uint64(len(depths)) {
		t.Errorf("%d commits; want %d", s.Commits, len(depths))
	}
}

// Those who did not fit together are run one by one. One of them may end the goroutine.
func TestWhoIsTriedAloneOutlivesTheCommitterBeforeIt(t *testing.T) {
	t.Parallel()
	m := newCrowded(t)
	runs := 0
	got := together(t, m, make([][]store.Option, 3), putting("a", "1"),
		func(w store.Writer) error {
			if runs++; runs == 2 {
				runtime.Goexit()
			}
			return putting("b", "1")(w)
		}, putting("c", "1"))
	if got[0] != nil || got[1] == nil || got[2] != nil {
		t.Errorf("got %v", got)
	}
	if rows := m.picture()[table]; len(rows) != 2 || rows["a"] != "1" || rows["c"] != "1" {
		t.Errorf("the store has %v", rows)
	}
}
