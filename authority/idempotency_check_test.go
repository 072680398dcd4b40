package authority_test

import (
	"bytes"
	"strings"
	"testing"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/store"
)

// The table of idempotency keys and the rows that they made tell of each other; whoever takes one
// of them away is found.
func TestIdempotencyKey_ACheckFindsWhatDoesNotFit(t *testing.T) {
	for table, want := range map[store.Table]string{
		authority.Names.Idempotency: "does not lead to it",
		authority.Names.Tokens:      "1 idempotency keys lead to what was not made with them",
	} {
		h := authoritytest.Open(t)
		h.Unchecked = true
		_, _, err := keyed(h, root(), "k1", draft("nurse"))
		must(t, err)
		must(t, h.Check(t.Context()))
		must(t, h.DB.Update(t.Context(), func(w store.Writer) error { return dropAll(w, table) }))
		if err := h.Check(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without the rows of %s the check says %v, want %q", table, err, want)
		}
	}
}

func dropAll(w store.Writer, table store.Table) error {
	var keys [][]byte
	err := w.Scan(table, store.Range{}, func(key, _ []byte) error {
		keys = append(keys, bytes.Clone(key))
		return nil
	})
	for _, key := range keys {
		if err == nil {
			err = w.Delete(table, key)
		}
	}
	return err
}
