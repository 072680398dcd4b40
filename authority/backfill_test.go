package authority_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
)

// felled returns a closed House whose store lacks the tree over its audit log
// and the checkpoints of it, as after a salvage.
func felled(t *testing.T, s authoritytest.Setup) (h *authoritytest.House, secret string, tree map[string]string) {
	t.Helper()
	h = authoritytest.OpenWith(t, s)
	h.Unchecked = true     // its rows are taken out
	lengthen(t, h, 17_000) // its tree is made in two batches
	_, made := h.Token(draft("old"))
	must(t, h.Authority.Close(t.Context()))
	tree = rowsOf(t, h, authority.TreeTable)
	must(t, h.DB.Update(t.Context(), func(w store.Writer) error {
		for _, table := range []store.Table{authority.TreeTable, authority.CheckpointsTable} {
			for _, key := range slices.Sorted(maps.Keys(rowsOf(t, h, table))) {
				if err := w.Delete(table, []byte(key)); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	h.Crash()
	secret = made
	return h, secret, tree
}

// Making the tree anew may be cut off after any commit: the next start goes on.
func TestTree_MadeAnewAndCutOffAfterAnyCommitTheNextStartGoesOn(t *testing.T) {
	left := 1 << 30 // commits until the next crash
	h, secret, tree := felled(t, authoritytest.Setup{Wrap: func(db store.DB) store.DB { return &crashing{db, left} }})
	data, before := filepath.Join(h.Folder(), "data"), filepath.Join(t.TempDir(), "before")
	must(t, os.CopyFS(before, os.DirFS(data)))
	cuts := 0
	for {
		must(t, os.RemoveAll(data))
		must(t, os.CopyFS(data, os.DirFS(before)))
		must(t, os.Chmod(boltfile.Path(data), 0o600))
		left = cuts
		err := h.TryOpen()
		if err != nil && !errors.Is(err, errCrash) {
			t.Fatal(err)
		}
		if err == nil {
			h.Crash()
		}
		left = 1 << 30
		must(t, h.TryOpen())
		verdict(t, h, secret, policy.Accepted)
		must(t, h.Check(t.Context()))
		if got := rowsOf(t, h, authority.TreeTable); !maps.Equal(got, tree) {
			t.Errorf("cut off after %d commits the tree has %d nodes, want %d and the same", cuts, len(got), len(tree))
		}
		h.Close()
		if err == nil {
			break
		}
		cuts++
	}
	t.Logf("cut off at %d places", cuts)
	if cuts < 2 {
		t.Errorf("there were only %d places to be cut off at", cuts)
	}
}
