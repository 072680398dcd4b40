package authority_test

import (
	"strings"
	"testing"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/store"
)

// The three tables of idempotency keys tell of each other; whoever takes a row
// out of one of them is found.
func TestIdempotencyKey_ACheckFindsTablesThatDoNotFit(t *testing.T) {
	for i, want := range []string{"that are not there", "would never be forgotten", "nothing is noted"} {
		h := authoritytest.Open(t)
		h.Unchecked = true
		_, _, err := keyed(h, root(), "k1", draft("nurse"))
		must(t, err)
		must(t, h.Check(t.Context()))
		must(t, h.DB.Update(t.Context(), func(w store.Writer) error {
			return dropAll(w, authority.Names.Idempotency[i])
		}))
		if err := h.Check(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without the rows of %s the check says %v, want %q", authority.Names.Idempotency[i], err, want)
		}
	}
}

func TestIdempotencyKey_ACheckFindsAWrongCount(t *testing.T) {
	h := authoritytest.Open(t)
	h.Unchecked = true
	_, _, err := keyed(h, root(), "k1", draft("nurse"))
	must(t, err)
	must(t, h.DB.Update(t.Context(), func(w store.Writer) error { return h.KeepKeys(w, root().ID, 7) }))
	if err := h.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "has 1 idempotency keys, and 7 are noted") {
		t.Errorf("the check says %v", err)
	}
}

func dropAll(w store.Writer, table store.Table) error {
	var keys [][]byte
	err := w.Scan(table, store.Range{}, func(key, _ []byte) error {
		keys = append(keys, append([]byte(nil), key...))
		return nil
	})
	for _, key := range keys {
		if err == nil {
			err = w.Delete(table, key)
		}
	}
	return err
}
