package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenscale/store"
)

func putGetDelete(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	update(t, db, func(w store.Writer) error {
		if err := put(w, left, "a=1", "b=2", "c=3", "a=one"); err != nil {
			return err
		}
		if got, err := w.Get(left, []byte("a")); err != nil || string(got) != "one" {
			t.Errorf("a while it is written: %q, %v; want one", got, err)
		}
		return put(w, right, "b=other")
	})
	update(t, db, func(w store.Writer) error {
		if err := w.Delete(left, []byte("b")); err != nil {
			return err
		}
		if got, err := w.Get(left, []byte("b")); err != nil || got != nil {
			t.Errorf("b while it is deleted: %q, %v; want nothing", got, err)
		}
		return w.Delete(left, []byte("never"))
	})
	holds(t, db, left, "a=one", "c=3")
	holds(t, db, right, "b=other")
}

func emptyValue(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	var told []store.Change
	db.Follow(func(c []store.Change) { told = append(told, c...) })
	check := func(r store.Reader) error {
		for _, k := range []string{"nil", "empty"} {
			if got, err := r.Get(left, []byte(k)); err != nil || got == nil || len(got) != 0 {
				t.Errorf("Get %s = %#v, %v; want an empty value", k, got, err)
			}
		}
		return nil
	}
	update(t, db, func(w store.Writer) error {
		err := errors.Join(w.Put(left, []byte("nil"), nil), w.Put(left, []byte("empty"), []byte{}))
		return errors.Join(err, check(w))
	})
	if err := db.View(t.Context(), check); err != nil {
		t.Error(err)
	}
	holds(t, db, left, "empty=", "nil=")
	for _, c := range told {
		if c.Value == nil {
			t.Errorf("followers heard that %s was deleted; it was written empty", c.Key)
		}
	}
}

func putCopies(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	update(t, db, func(w store.Writer) error {
		k, v := []byte("key"), []byte("value")
		if err := w.Put(left, k, v); err != nil {
			return err
		}
		copy(k, "xxx")
		copy(v, "xxxxx")
		return nil
	})
	holds(t, db, left, "key=value")
}

func limits(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	long, large := bytes.Repeat([]byte("k"), store.MaxKey), make([]byte, store.MaxValue)
	update(t, db, func(w store.Writer) error {
		wants(t, "no key", w.Put(left, nil, nil), store.ErrRow)
		wants(t, "a long key", w.Put(left, append(long, 'k'), nil), store.ErrRow)
		wants(t, "a large value", w.Put(left, []byte("k"), append(large, 0)), store.ErrRow)
		wants(t, "put to another table", w.Put("other", []byte("k"), nil), store.ErrRow)
		wants(t, "delete from another table", w.Delete("other", []byte("k")), store.ErrRow)
		_, err := w.Get("other", []byte("k"))
		wants(t, "get from another table", err, store.ErrRow)
		wants(t, "scan of another table", w.Scan("other", store.Range{}, nil), store.ErrRow)
		return w.Put(right, long, large)
	})
	holds(t, db, left)
	holds(t, db, right, string(long)+"="+string(large))
}

// scanRanges compares every range over a small alphabet with a naive walk, where some rows are
// in the store, some in the batch, some in the transaction, and some hide or delete others.
func scanRanges(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	update(t, db, func(w store.Writer) error { return put(w, left, "b=file", "c=file", "e=file", "g=file", "h=file") })
	p := stopUp(t, db)
	earlier := enqueue(t, db, t.Context(), func(w store.Writer) error {
		return errors.Join(put(w, left, "a=batch", "c=batch", "f=batch"), w.Delete(left, []byte("e")))
	})
	later := enqueue(t, db, t.Context(), func(w store.Writer) error {
		err := errors.Join(put(w, left, "d=own", "f=own", "g=own", "e=own"), w.Delete(left, []byte("e")),
			w.Delete(left, []byte("a")), w.Delete(left, []byte("h")), w.Delete(left, []byte("x")))
		allRanges(t, w, "b=file", "c=batch", "d=own", "f=own", "g=own")
		return err
	})
	p.pull(t)
	if err := errors.Join(receive(t, earlier, "the first"), receive(t, later, "the second")); err != nil {
		t.Fatal(err)
	}
	err := db.View(t.Context(), func(r store.Reader) error {
		allRanges(t, r, "b=file", "c=batch", "d=own", "f=own", "g=own")
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func allRanges(t *testing.T, r store.Reader, all ...string) {
	bounds := [][]byte{nil, {}}
	for _, key := range []string{"a", "b", "bb", "c", "d", "e", "g", "gg", "h", "z"} {
		bounds = append(bounds, []byte(key))
	}
	for _, from := range bounds {
		for _, to := range bounds {
			want := []string{}
			for _, row := range all {
				k := []byte(row[:1])
				if (from == nil || bytes.Compare(k, from) >= 0) && (to == nil || bytes.Compare(k, to) < 0) {
					want = append(want, row)
				}
			}
			for _, reverse := range []bool{false, true} {
				got, err := rows(r, left, store.Range{From: from, To: to, Reverse: reverse})
				if diff := cmp.Diff(want, got); diff != "" || err != nil {
					t.Errorf("from %q to %q, reverse %v: %v (-want +got):\n%s", from, to, reverse, err, diff)
				}
				slices.Reverse(want)
			}
		}
	}
}

func scanEnds(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	update(t, db, func(w store.Writer) error { return put(w, left, "a=", "b=", "c=") })
	broken := errors.New("broken")
	for _, end := range []error{store.Stop, fmt.Errorf("enough: %w", store.Stop), broken} {
		seen := 0
		err := db.View(t.Context(), func(r store.Reader) error {
			return r.Scan(left, store.Range{}, func(_, _ []byte) error {
				if seen++; seen == 2 {
					return end
				}
				return nil
			})
		})
		if want := errors.Is(end, broken); seen != 2 || errors.Is(err, broken) != want || (err != nil) != want {
			t.Errorf("ended with %v: saw %d rows, got %v", end, seen, err)
		}
	}
}

func scanSnapshot(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	update(t, db, func(w store.Writer) error { return put(w, left, "a=1", "c=1") })
	update(t, db, func(w store.Writer) error {
		if err := put(w, left, "b=1", "e=1"); err != nil {
			return err
		}
		for _, reverse := range []bool{false, true} {
			seen := 0
			err := w.Scan(left, store.Range{Reverse: reverse}, func(k, v []byte) error {
				seen++
				return errors.Join(w.Delete(left, k), w.Put(left, append([]byte("a"), k...), v), w.Put(left, append([]byte("z"), k...), v))
			})
			if want := map[bool]int{false: 4, true: 8}[reverse]; err != nil || seen != want {
				t.Errorf("reverse %v: saw %d rows, %v; want %d", reverse, seen, err, want)
			}
		}
		return nil
	})
}

func largeValues(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	size := func(n int) int { return n * n * 20_000 % store.MaxValue }
	_, most := db.Limits()
	batches, left := [][]int{nil}, most
	for n := range 12 {
		if need := len(key(n)) + size(n); need > left {
			batches, left = append(batches, nil), most
		}
		left -= len(key(n)) + size(n)
		batches[len(batches)-1] = append(batches[len(batches)-1], n)
	}
	for _, batch := range batches {
		update(t, db, func(w store.Writer) error {
			for _, n := range batch {
				if err := w.Put(right, key(n), bytes.Repeat([]byte{byte(n)}, size(n))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := db.View(t.Context(), func(r store.Reader) error {
		for n := range 12 {
			if got, err := r.Get(right, key(n)); err != nil || !bytes.Equal(got, bytes.Repeat([]byte{byte(n)}, size(n))) {
				t.Errorf("value %d: %d bytes, %v; want %d", n, len(got), err, size(n))
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// largest fills transactions up to what Limits says: one with rows, one with bytes.
func largest(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	rows, most := db.Limits()
	if rows < 100 || most < store.MaxKey+store.MaxValue {
		t.Fatalf("limits of %d rows and %d bytes are too narrow for anything", rows, most)
	}
	rows = min(rows, most/len(key(0)))
	update(t, db, func(w store.Writer) error {
		for n := range rows {
			if err := w.Put(left, key(n), nil); err != nil {
				return err
			}
		}
		return nil
	})
	update(t, db, func(w store.Writer) error {
		for n := range rows {
			if err := w.Delete(left, key(n)); err != nil {
				return err
			}
		}
		return nil
	})
	holds(t, db, left)
	update(t, db, func(w store.Writer) error {
		for n, room := 0, most; room > len(key(n)); n++ {
			size := min(store.MaxValue, room-len(key(n)))
			if err := w.Put(right, key(n), make([]byte, size)); err != nil {
				return err
			}
			room -= len(key(n)) + size
		}
		return nil
	})
}
