package storetest

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"tokenscale/store"
)

var errRefused = errors.New("refused")

func failureIsolated(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	update(t, db, func(w store.Writer) error { return put(w, left, "a=1", "b=1") })
	p := stopUp(t, db)
	before := enqueue(t, db, t.Context(), func(w store.Writer) error { return put(w, left, "c=1") })
	fails := enqueue(t, db, t.Context(), func(w store.Writer) error {
		return errors.Join(put(w, left, "b=2", "c=2", "d=2"), w.Delete(left, []byte("a")), errRefused)
	})
	var seen []string
	after := enqueue(t, db, t.Context(), func(w store.Writer) (err error) {
		seen, err = rows(w, left, store.Range{})
		return errors.Join(err, put(w, left, "e=1"))
	})
	p.pull(t)
	wants(t, "the one that fails", receive(t, fails, "the one that fails"), errRefused)
	if err := errors.Join(receive(t, before, "the one before"), receive(t, after, "the one after")); err != nil {
		t.Error(err)
	}
	if got := strings.Join(seen, " "); got != "a=1 b=1 c=1" {
		t.Errorf("the next one saw %s", got)
	}
	holds(t, db, left, "a=1", "b=1", "c=1", "e=1")
}

func seesEarlier(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	p := stopUp(t, db)
	var waiting []<-chan error
	for n := range Queue {
		waiting = append(waiting, enqueue(t, db, t.Context(), func(w store.Writer) error {
			list, err := rows(w, left, store.Range{})
			if len(list) != n {
				t.Errorf("transaction %d saw %d rows: %v", n, len(list), list)
			}
			if n == 0 {
				return errors.Join(err, w.Put(left, key(n), nil))
			}
			if v, err := w.Get(left, key(n-1)); v == nil || err != nil {
				t.Errorf("transaction %d did not find the row of the one before: %v", n, err)
			}
			return errors.Join(err, w.Put(left, key(n), nil))
		}))
	}
	p.pull(t)
	for _, w := range waiting {
		if err := receive(t, w, "a caller"); err != nil {
			t.Error(err)
		}
	}
}

func panics(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	p := stopUp(t, db)
	good := enqueue(t, db, t.Context(), func(w store.Writer) error { return put(w, left, "a=1") })
	bad := enqueue(t, db, t.Context(), func(w store.Writer) error {
		_ = put(w, left, "b=1")
		panic("a bug of ours")
	})
	exits := enqueue(t, db, t.Context(), func(w store.Writer) error {
		_ = put(w, left, "c=1")
		runtime.Goexit()
		return nil
	})
	after := enqueue(t, db, t.Context(), func(w store.Writer) error { return put(w, left, "d=1") })
	p.pull(t)
	err := receive(t, bad, "the one that panics")
	if err == nil || !strings.Contains(err.Error(), "a bug of ours") || !strings.Contains(err.Error(), "transactions.go") {
		t.Errorf("the one that panics got %v; want what it said and where", err)
	}
	if err := receive(t, exits, "the one that exits"); err == nil {
		t.Error("the one that exits got no error")
	}
	if err := errors.Join(receive(t, good, "the one before"), receive(t, after, "the one after")); err != nil {
		t.Error(err)
	}
	holds(t, db, left, "a=1", "d=1")
	wants(t, "the store", db.Err(), nil)
}

// count adds one to the number under a key.
func count(w store.Writer, table store.Table) error {
	v, err := w.Get(table, []byte("n"))
	if err != nil {
		return err
	}
	n := 0
	if v != nil {
		if n, err = strconv.Atoi(string(v)); err != nil {
			return err
		}
	}
	return w.Put(table, []byte("n"), strconv.AppendInt(nil, int64(n+1), 10))
}

func counters(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	const writers, each = 20, 25
	var all sync.WaitGroup
	for n := range writers {
		all.Go(func() {
			for i := range each {
				err := db.Update(t.Context(), func(w store.Writer) error {
					if err := count(w, left); err != nil {
						return err
					}
					if (n+i)%5 == 0 {
						return errRefused
					}
					return nil
				})
				if err != nil && !errors.Is(err, errRefused) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	holds(t, db, left, "n="+strconv.Itoa(writers*each*4/5))
}

func viewCounted(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	err := db.View(t.Context(), func(store.Reader) error {
		if s := db.Stats(); s.Readers != 1 {
			t.Errorf("while it is open %d are counted", s.Readers)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func viewIsolated(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	update(t, db, func(w store.Writer) error { return put(w, left, "a=1") })
	err := db.View(t.Context(), func(r store.Reader) error {
		done := make(chan error, 1)
		go func() {
			done <- db.Update(t.Context(), func(w store.Writer) error { return put(w, left, "a=2", "b=2") })
		}()
		if err := receive(t, done, "a writer beside a reader"); err != nil {
			return err
		}
		if list, err := rows(r, left, store.Range{}); err != nil || len(list) != 1 || list[0] != "a=1" {
			t.Errorf("the open view saw %v, %v; want a=1", list, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	holds(t, db, left, "a=2", "b=2")
}

func readerDies(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	var r store.Reader
	var w store.Writer
	if err := db.View(t.Context(), func(kept store.Reader) error { r = kept; return nil }); err != nil {
		t.Fatal(err)
	}
	update(t, db, func(kept store.Writer) error { w = kept; return put(w, left, "a=1") })
	for name, err := range map[string]error{
		"Get":    second(r.Get(left, []byte("a"))),
		"Scan":   r.Scan(left, store.Range{}, func(_, _ []byte) error { return nil }),
		"w.Get":  second(w.Get(left, []byte("a"))),
		"w.Scan": w.Scan(left, store.Range{}, func(_, _ []byte) error { return nil }),
		"Put":    w.Put(left, []byte("b"), nil),
		"Delete": w.Delete(left, []byte("a")),
	} {
		if err == nil {
			t.Errorf("%s after the transaction: no error", name)
		}
	}
	holds(t, db, left, "a=1")
}

func second[T any](_ T, err error) error { return err }

func errorsAsTheyAre(t *testing.T, open Open) {
	db := open(t, t.TempDir())
	err := db.Update(t.Context(), func(store.Writer) error { return errRefused })
	if err != errRefused { //nolint:errorlint // the very same error is the promise
		t.Errorf("Update returned %v", err)
	}
	if err := db.View(t.Context(), func(store.Reader) error { return errRefused }); err != errRefused { //nolint:errorlint // the same
		t.Errorf("View returned %v", err)
	}
	func() {
		defer func() {
			if p := recover(); p != errRefused { //nolint:errorlint // the same
				t.Errorf("a view that panics gave %v", p)
			}
		}()
		_ = db.View(t.Context(), func(store.Reader) error { panic(errRefused) })
	}()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	wants(t, "a view for someone who has gone", db.View(over, func(store.Reader) error { t.Error("it ran"); return nil }), context.Canceled)
}
