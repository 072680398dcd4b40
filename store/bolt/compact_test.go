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
	"go.etcd.io/bbolt"

	"tokenscale/store"
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
	before, err := os.Stat(Path(folder))
	must(t, err)
	other := t.TempDir()
	must(t, Compact(t.Context(), Path(folder), Path(other)))
	after, err := os.Stat(Path(other))
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
	from, to := Path(db.options.Folder), filepath.Join(t.TempDir(), "fresh")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Compact(ctx, from, to); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(to); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something is there: %v", err)
	}
	must(t, os.WriteFile(to, []byte("mine"), 0o600))
	if err := Compact(t.Context(), from, to); !errors.Is(err, os.ErrExist) {
		t.Errorf("over a file that is there: %v", err)
	}
	if text, err := os.ReadFile(to); string(text) != "mine" {
		t.Errorf("it was touched: %q, %v", text, err)
	}
}

// The comparison is what keeps a wrong copy from taking the place of the store.
func TestFilesThatDifferAreToldApart(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*bbolt.Tx) error{
		"a row changed":   func(tx *bbolt.Tx) error { return tx.Bucket([]byte("t")).Put([]byte("a"), []byte("2")) },
		"a row missing":   func(tx *bbolt.Tx) error { return tx.Bucket([]byte("t")).Delete([]byte("b")) },
		"a row more":      func(tx *bbolt.Tx) error { return tx.Bucket([]byte("t")).Put([]byte("c"), nil) },
		"a table missing": func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("t")) },
		"a table more":    func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("u")); return err },
		"nothing":         nil,
	} {
		folder := t.TempDir()
		var files [2]*bbolt.DB
		for i := range files {
			f, err := bbolt.Open(filepath.Join(folder, fmt.Sprint(i)), 0o600, nil)
			must(t, err)
			defer f.Close()
			must(t, f.Update(func(tx *bbolt.Tx) error {
				b, err := tx.CreateBucket([]byte("t"))
				return errors.Join(err, b.Put([]byte("a"), []byte("1")), b.Put([]byte("b"), []byte("1")))
			}))
			files[i] = f
		}
		if change != nil {
			must(t, files[1].Update(change))
		}
		err := files[0].View(func(a *bbolt.Tx) error {
			return files[1].View(func(b *bbolt.Tx) error { return equal(t.Context(), a, b) })
		})
		if (err == nil) != (change == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
