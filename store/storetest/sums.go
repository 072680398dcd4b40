package storetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"tokenscale/store"
)

// Plain is a store.Summer that hides nothing.
type Plain struct{}

// Share implements store.Summer.
func (Plain) Share(t store.Table, key, value []byte) store.Sum {
	h := sha256.Sum256(append(fmt.Appendf(nil, "%q %q ", t, key), value...))
	return store.Sum{binary.BigEndian.Uint64(h[:]), binary.BigEndian.Uint64(h[8:])}
}

// SealSums implements store.Summer.
func (Plain) SealSums(commit uint64, sums []store.Sum) []byte {
	return fmt.Append(nil, commit, sums)
}

// OpenSums implements store.Summer.
func (p Plain) OpenSums(commit uint64, sealed []byte) ([]store.Sum, error) {
	sums := make([]store.Sum, len(Tables))
	var of uint64
	if _, err := fmt.Sscanf(string(sealed), "%d [[%d %d] [%d %d]]", &of, &sums[0][0], &sums[0][1], &sums[1][0], &sums[1][1]); err != nil {
		return nil, err
	}
	if !bytes.Equal(sealed, p.SealSums(commit, sums)) {
		return nil, fmt.Errorf("the sums are of commit %d, and not %d", of, commit)
	}
	return sums, nil
}

// Summed returns an error unless the sums that r knows are those of its rows.
func Summed(r store.Reader) error {
	sealed, err := r.(store.Summed).Sums()
	if err != nil {
		return err
	}
	sums, err := sealed.Open(Plain{}, len(Tables))
	if err != nil {
		return err
	}
	for i, t := range slices.Sorted(slices.Values(Tables)) {
		var fresh store.Sum
		if err := r.Scan(t, store.Range{}, func(key, value []byte) error {
			fresh = fresh.Plus(Plain{}.Share(t, key, value))
			return nil
		}); err != nil {
			return err
		}
		if fresh != sums[i] {
			return fmt.Errorf("after %d commits the rows of %s add up to %x, and the store says %x", sealed.Commit, t, fresh, sums[i])
		}
	}
	return nil
}

// sumsHold has writers share commits, change the same rows again and again, and be refused.
func sumsHold(t *testing.T, open Open) {
	dir := t.TempDir()
	db := open(t, dir)
	db.SumBy(Plain{})
	var work sync.WaitGroup
	for n := range 8 {
		work.Go(func() {
			for i := range 12 {
				err := db.Update(context.Background(), func(w store.Writer) error {
					return errors.Join(
						put(w, left, fmt.Sprintf("mine%d=%d", n, i), fmt.Sprintf("ours=%d.%d", n, i)),
						w.Delete(right, fmt.Append(nil, "k", (n+i)%5)), put(w, right, fmt.Sprintf("k%d=%d", i%5, n)),
						[]error{nil, nil, errRefused}[(n+i)%3])
				})
				if refused := (n+i)%3 == 2; refused != errors.Is(err, errRefused) || !refused && err != nil {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
	check := func() {
		t.Helper()
		if err := db.View(t.Context(), Summed); err != nil {
			t.Error(err)
		}
	}
	check()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, dir)
	check()
	if err := db.Update(t.Context(), func(w store.Writer) error { return put(w, left, "a=1") }); err == nil {
		t.Error("a store that was summed takes writes without a Summer")
	}
	db.SumBy(Plain{})
	update(t, db, func(w store.Writer) error { return put(w, left, "a=1") })
	check()
}
