package storetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"tokenscale/store"
)

// WideRows is how many rows one transaction changes that is larger than Limits says anywhere. Their
// values are of WideValue bytes, and do not become less when they are compressed.
const WideRows, WideValue = 5000, 500

// PutWide writes so many rows, from key 0 on. Two callers with the same seed write the same.
func PutWide(w store.Writer, seed uint64) error {
	dice := rand.NewChaCha8([32]byte{byte(seed)})
	for n := range WideRows {
		value := make([]byte, WideValue)
		_, _ = dice.Read(value) // it never fails
		if err := w.Put(left, key(n), value); err != nil {
			return err
		}
	}
	return nil
}

// HasWide returns an error unless the rows are those of PutWide, and no more.
func HasWide(r store.Reader, seed uint64) error {
	want := map[string]string{}
	if err := PutWide(collector{want}, seed); err != nil {
		return err
	}
	n := 0
	err := r.Scan(left, store.Range{}, func(k, v []byte) error {
		n++
		if want[string(k)] != string(v) {
			return errors.New("the row " + string(k) + " is another one")
		}
		return nil
	})
	if err == nil && n != WideRows {
		return errors.New("rows are missing")
	}
	return err
}

// collector takes note of what is put.
type collector struct{ rows map[string]string }

func (c collector) Put(_ store.Table, key, value []byte) error {
	c.rows[string(key)] = string(value)
	return nil
}

func (collector) Get(store.Table, []byte) ([]byte, error) { return nil, nil }
func (collector) Delete(store.Table, []byte) error        { return nil }

func (collector) Scan(store.Table, store.Range, func(_, _ []byte) error) error { return nil }

// larger has transactions change more than Limits says, as only one may that must be made at once.
func larger(t *testing.T, open Open) {
	dir := t.TempDir()
	db := open(t, dir)
	db.SumBy(Plain{})
	var heard []int
	db.Follow(func(c []store.Change) { heard = append(heard, len(c)) })
	update(t, db, func(w store.Writer) error { return put(w, left, "000000=old", "0=old") })
	refused := errors.New("refused")
	if err := db.Update(t.Context(), func(w store.Writer) error { return errors.Join(PutWide(w, 1), refused) }); !errors.Is(err, refused) {
		t.Errorf("the refused one: %v", err)
	}
	holds(t, db, left, "0=old", "000000=old")
	update(t, db, func(w store.Writer) error {
		return errors.Join(w.Delete(left, []byte("0")), PutWide(w, 1), put(w, right, "a=1"))
	})
	if len(heard) != 2 || heard[1] != WideRows+2 {
		t.Errorf("followers heard of %d rows, want of %d at once", heard, WideRows+2)
	}
	check := func(seed uint64, also ...string) {
		t.Helper()
		if err := db.View(context.Background(), func(r store.Reader) error { return errors.Join(HasWide(r, seed), Summed(r)) }); err != nil {
			t.Error(err)
		}
		holds(t, db, right, also...)
	}
	check(1, "a=1")
	update(t, db, func(w store.Writer) error { return put(w, right, "b=2") })
	update(t, db, func(w store.Writer) error { return PutWide(w, 2) })
	check(2, "a=1", "b=2")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, dir)
	check(2, "a=1", "b=2")
	db.SumBy(Plain{})
	update(t, db, func(w store.Writer) (err error) {
		for n := range WideRows {
			err = errors.Join(err, w.Delete(left, key(n)))
		}
		return err
	})
	holds(t, db, left)
}
