package bolt

import (
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
)

const things store.Table = "things"

// options are the options most tests here use.
func options(folder string) Options {
	return Options{Folder: folder, Tables: []store.Table{things}}
}

// put writes one row.
func put(t testing.TB, db *DB, key, value string) {
	t.Helper()
	if err := db.Update(t.Context(), putting(key, value)); err != nil {
		t.Fatalf("putting %s: %v", key, err)
	}
}

func putting(key, value string) func(store.Writer) error {
	return func(w store.Writer) error { return w.Put(things, []byte(key), []byte(value)) }
}

// get reads one row, or "" if it is not there.
func get(t testing.TB, db *DB, key string) string {
	t.Helper()
	var value string
	err := db.View(t.Context(), func(r store.Reader) error {
		v, err := r.Get(things, []byte(key))
		value = string(v)
		return err
	})
	if err != nil {
		t.Fatalf("reading %s: %v", key, err)
	}
	return value
}

func TestASecondStartIsRefusedSoonAndSaysWhy(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	db := mustOpen(t, options(folder))
	refused := make(chan error, 1)
	go func() {
		_, err := Open(options(folder))
		refused <- err
	}()
	select {
	case err := <-refused:
		if !errors.Is(err, boltfile.ErrLocked) || !strings.Contains(err.Error(), folder) {
			t.Errorf("the second start: %v; want boltfile.ErrLocked, with the name of the folder", err)
		}
	case <-time.After(2 * time.Second):
		t.Fatal("the second start is still waiting after two seconds")
	}
	put(t, db, "a", "1")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if got := get(t, mustOpen(t, options(folder)), "a"); got != "1" {
		t.Errorf("after the first has ended: a = %q; want 1", got)
	}
}

func TestASecondStartIsRefusedThoughTheFileWasMovedAway(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	mustOpen(t, options(folder))
	if err := os.Rename(filepath.Join(folder, "store.db"), filepath.Join(folder, "moved")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(options(folder)); !errors.Is(err, boltfile.ErrLocked) {
		t.Errorf("the second start: %v; want boltfile.ErrLocked", err)
	}
}

func TestAStoreIsForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "made", "here")
	db := mustOpen(t, options(folder))
	for name, want := range map[string]os.FileMode{"": 0o700, "store.db": 0o600, "LOCK": 0o600} {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("mode of %q: %04o; want %04o", name, got, want)
		}
	}
	if err := errors.Join(db.Close(), os.Chmod(db.path, 0o604)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(options(folder)); !errors.Is(err, boltfile.ErrExposed) {
		t.Errorf("a file that others can read: %v; want boltfile.ErrExposed", err)
	}
}

func TestAnotherSchemaIsRefusedAndItsFileLeftAlone(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	o := options(folder)
	o.Schema = 7
	db := mustOpen(t, o)
	put(t, db, "a", "1")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before := sum(t, db.path)
	for _, schema := range []uint32{1, 6, 8} {
		o.Schema = schema
		if _, err := Open(o); !errors.Is(err, boltfile.ErrSchema) {
			t.Errorf("schema %d on a file of 7: %v; want boltfile.ErrSchema", schema, err)
		}
		if sum(t, db.path) != before {
			t.Fatalf("schema %d: the file has changed", schema)
		}
	}
	o.Schema = 7
	if got := get(t, mustOpen(t, o), "a"); got != "1" {
		t.Errorf("opened as what it is: a = %q; want 1", got)
	}
}

func sum(t testing.TB, path string) [sha256.Size]byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(b)
}

func TestAStoreThatWasHalfMadeIsMadeAnew(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	half := filepath.Join(folder, "store.db.new")
	if err := os.WriteFile(half, []byte("a crash came here"), 0o600); err != nil {
		t.Fatal(err)
	}
	put(t, mustOpen(t, options(folder)), "a", "1")
	if _, err := os.Stat(half); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the half-made file is still there: %v", err)
	}
}

func TestAFileThatIsNoStoreIsRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"empty":    "",
		"short":    "hello",
		"nonsense": strings.Repeat("nonsense", 10_000),
		"zeros":    strings.Repeat("\x00", 1<<16),
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "store.db")
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			before := sum(t, path)
			if _, err := Open(options(folder)); !errors.Is(err, store.ErrDamaged) {
				t.Errorf("got %v; want ErrDamaged", err)
			}
			if sum(t, path) != before {
				t.Error("the file has changed")
			}
		})
	}
}

func TestAFileThatLacksATableIsRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	db := mustOpen(t, options(folder))
	put(t, db, "a", "1")
	must(t, db.Close())
	before := sum(t, db.path)
	for _, readOnly := range []bool{false, true} {
		o := options(folder)
		o.Tables, o.ReadOnly = append(o.Tables, "more"), readOnly
		if _, err := Open(o); !errors.Is(err, boltfile.ErrSchema) || !strings.Contains(err.Error(), `no table "more"`) {
			t.Errorf("got %v; want ErrSchema and the name of the table", err)
		}
	}
	if sum(t, db.path) != before {
		t.Error("the file has changed")
	}
}

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"no folder":      {},
		"reserved table": {Folder: t.TempDir(), Tables: []store.Table{boltfile.MetaTable}},
		"nameless table": {Folder: t.TempDir(), Tables: []store.Table{""}},
		"tiny":           {Folder: t.TempDir(), MaxSize: 1000},
		"negative":       {Folder: t.TempDir(), MaxSize: -1},
	} {
		if _, err := Open(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
