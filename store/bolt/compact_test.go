package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
)

func TestACompactedStoreIsShorterAndHoldsTheSameRows(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	db := mustOpen(t, options(folder))
	for i := range 2000 {
		must(t, db.Update(t.Context(), func(w store.Writer) error {
			if i%50 > 0 {
				must(t, w.Delete(things, fmt.Append(nil, i-1)))
			}
			return w.Put(things, fmt.Append(nil, i), bytes.Repeat([]byte("x"), 4000))
		}))
	}
	want := content(t, db)
	must(t, db.Close())
	before, err := os.Stat(boltfile.Path(folder))
	must(t, err)
	other := t.TempDir()
	must(t, boltfile.Compact(t.Context(), boltfile.Path(folder), boltfile.Path(other)))
	after, err := os.Stat(boltfile.Path(other))
	must(t, err)
	if after.Mode() != 0o600 || after.Size() > before.Size()/4 {
		t.Errorf("the new file has the mode %v and %d bytes, the old one %d", after.Mode(), after.Size(), before.Size())
	}
	if diff := cmp.Diff(want, content(t, mustOpen(t, options(other)))); diff != "" {
		t.Errorf("the rows differ (-store +compacted):\n%s", diff)
	}
}

func TestACompactionThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	db := filledStore(t)
	must(t, db.Close())
	from, to := boltfile.Path(db.options.Folder), filepath.Join(t.TempDir(), "fresh")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := boltfile.Compact(ctx, from, to); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(to); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something is there: %v", err)
	}
	must(t, os.WriteFile(to, []byte("mine"), 0o600))
	if err := boltfile.Compact(t.Context(), from, to); !errors.Is(err, os.ErrExist) {
		t.Errorf("over a file that is there: %v", err)
	}
	if text, err := os.ReadFile(to); string(text) != "mine" {
		t.Errorf("it was touched: %q, %v", text, err)
	}
}

func must(t interface {
	Helper()
	Fatal(...any)
}, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
