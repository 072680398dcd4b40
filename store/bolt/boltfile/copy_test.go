package boltfile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"tokenscale/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newFile makes a file with one table of two rows.
func newFile(t *testing.T, path string) *File {
	t.Helper()
	f, err := Open(path, Options{New: true})
	must(t, err)
	t.Cleanup(func() { must(t, f.Close()) })
	change(t, f, func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket([]byte("t"))
		return errors.Join(err, b.Put([]byte("a"), []byte("1")), b.Put([]byte("b"), []byte("1")))
	})
	return f
}

func change(t *testing.T, f *File, fn func(*bbolt.Tx) error) {
	t.Helper()
	must(t, f.bolt.Update(fn))
}

func anything(store.Table, []byte, []byte) error { return nil }

// The comparison is what keeps a wrong copy from taking the place of the store.
func TestFilesThatDifferAreToldApart(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*bbolt.Tx) error{
		"a row changed":   func(tx *bbolt.Tx) error { return tx.Bucket([]byte("t")).Put([]byte("a"), []byte("2")) },
		"a row missing":   func(tx *bbolt.Tx) error { return tx.Bucket([]byte("t")).Delete([]byte("b")) },
		"a row more":      func(tx *bbolt.Tx) error { return tx.Bucket([]byte("t")).Put([]byte("c"), nil) },
		"a table missing": func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("t")) },
		"a table more":    func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("u")); return err },
		"nothing":         nil,
	} {
		folder := t.TempDir()
		a, b := newFile(t, filepath.Join(folder, "a")), newFile(t, filepath.Join(folder, "b"))
		if spoil != nil {
			change(t, b, spoil)
		}
		if err := b.CheckCopy(a, anything); (err == nil) != (spoil == nil) || err != nil && !errors.Is(err, store.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACopyHasEveryRowAndItsPagesAreInOrder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	old := newFile(t, filepath.Join(folder, "old"))
	fresh, err := Open(filepath.Join(folder, "fresh"), Options{New: true})
	must(t, err)
	defer fresh.Close()
	must(t, errors.Join(fresh.CopyRows(old), fresh.Trim(), fresh.Persist()))
	must(t, errors.Join(fresh.CheckCopy(old, anything), fresh.CheckPages(nil), Check(filepath.Join(folder, "fresh"))))
	enough := errors.New("enough")
	if err := fresh.CheckPages(func() error { return enough }); !errors.Is(err, enough) {
		t.Errorf("a check that was given up: %v", err)
	}
	if err := fresh.CheckCopy(old, func(store.Table, []byte, []byte) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("a row that is not sound: %v", err)
	}
}

func TestANewFileTakesTheNameOfNone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(path, []byte("mine"), 0o600))
	if _, err := Open(path, Options{New: true}); !errors.Is(err, os.ErrExist) {
		t.Errorf("got %v", err)
	}
	if text, err := os.ReadFile(path); string(text) != "mine" {
		t.Errorf("it was touched: %q, %v", text, err)
	}
}

func TestAFileIsRetiredWhenTheLastTransactionHasEnded(t *testing.T) {
	t.Parallel()
	f := newFile(t, filepath.Join(t.TempDir(), "file"))
	tx, err := f.Begin(false)
	must(t, err)
	idle := f.Retire()
	if _, err := f.Begin(false); !errors.Is(err, ErrRetired) {
		t.Errorf("a transaction on a retired file: %v", err)
	}
	select {
	case <-idle:
		t.Error("it is idle while somebody reads it")
	default:
	}
	must(t, tx.Rollback())
	<-idle
}
