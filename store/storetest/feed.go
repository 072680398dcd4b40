package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenscale/store"
)

// told is what a follower heard.
type told struct {
	mu    sync.Mutex
	calls [][]string
}

func (h *told) hear(changes []store.Change) {
	var list []string
	for _, c := range changes {
		text := fmt.Sprintf("%s %s=%s", c.Table, c.Key, c.Value)
		if c.Value == nil {
			text = fmt.Sprintf("%s %s gone", c.Table, c.Key)
		}
		list = append(list, text)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = append(h.calls, list)
}

func (h *told) has(text string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(h.calls, func(c []string) bool { return slices.Contains(c, text) })
}

// followOrder numbers transactions inside them, so that the numbers are the order of the
// commits.
func followOrder(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	var one, two told
	db.Follow(one.hear)
	db.Follow(two.hear)
	const writers, each = 12, 15
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for range each {
				var mine string
				err := db.Update(t.Context(), func(w store.Writer) error {
					if err := count(w, left); err != nil {
						return err
					}
					n, err := w.Get(left, []byte("n"))
					mine = string(n)
					return err
				})
				if err != nil {
					t.Error(err)
				}
				if want := "left n=" + mine; !one.has(want) || !two.has(want) {
					t.Errorf("the caller of transaction %s was answered before the followers heard of it", mine)
				}
			}
		})
	}
	all.Wait()
	want := [][]string{}
	for n := range writers * each {
		want = append(want, []string{fmt.Sprintf("left n=%d", n+1)})
	}
	if diff := cmp.Diff(want, one.calls); diff != "" {
		t.Errorf("what the first follower heard (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, two.calls); diff != "" {
		t.Errorf("what the second follower heard (-want +got):\n%s", diff)
	}
}

func followNet(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	var heard told
	update(t, db, func(w store.Writer) error { return put(w, left, "old=1", "kept=1") })
	db.Follow(heard.hear)
	update(t, db, func(w store.Writer) error {
		return errors.Join(
			put(w, right, "z=1", "a=1", "a=2"), put(w, left, "short=1", "again=1"),
			w.Delete(left, []byte("short")), w.Delete(left, []byte("never")),
			w.Delete(left, []byte("old")),
			w.Delete(left, []byte("again")), put(w, left, "again=2"),
		)
	})
	update(t, db, func(w store.Writer) error { return errors.Join(put(w, left, "x=1"), w.Delete(left, []byte("x"))) })
	update(t, db, func(store.Writer) error { return nil })
	if err := db.Update(t.Context(), func(w store.Writer) error {
		return errors.Join(put(w, left, "y=1"), errRefused)
	}); !errors.Is(err, errRefused) {
		t.Error(err)
	}
	want := [][]string{{"left again=2", "left old gone", "right a=2", "right z=1"}}
	if diff := cmp.Diff(want, heard.calls); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}

func followReads(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	heard := 0
	db.Follow(func(changes []store.Change) {
		heard++
		err := db.View(t.Context(), func(r store.Reader) error {
			for _, c := range changes {
				if got, err := r.Get(c.Table, c.Key); err != nil || string(got) != string(c.Value) {
					t.Errorf("told %s=%s; the store has %q, %v", c.Key, c.Value, got, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	for n := range 3 {
		update(t, db, func(w store.Writer) error { return w.Put(left, []byte("n"), key(n)) })
	}
	if heard != 3 {
		t.Errorf("heard %d times; want 3", heard)
	}
}

// firstIsTold has many write, some of whom must be first and compare what they read with what a
// follower was told.
func firstIsTold(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	var told atomic.Int64
	db.Follow(func(cs []store.Change) { told.Add(int64(len(cs))) })
	const writers, each = 12, 40
	var firsts atomic.Int64
	var all sync.WaitGroup
	for n := range writers {
		all.Go(func() {
			for i := range each {
				var how []store.Option
				if (n+i)%4 == 0 {
					how = append(how, store.First)
				}
				err := db.Update(t.Context(), func(w store.Writer) error {
					list, err := rows(w, left, store.Range{})
					if err != nil {
						return err
					}
					if how != nil {
						firsts.Add(1)
						if known := told.Load(); int64(len(list)) != known {
							t.Errorf("who must be first read %d rows when followers knew of %d", len(list), known)
						}
					}
					return w.Put(left, key(n*each+i), nil)
				}, how...)
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if firsts.Load() < writers*each/4 || told.Load() != writers*each {
		t.Errorf("%d were first, and followers were told of %d rows", firsts.Load(), told.Load())
	}
}
