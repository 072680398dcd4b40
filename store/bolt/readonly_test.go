package bolt

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
)

// toRead are the options of a store that is opened to be read.
func toRead(folder string) Options {
	o := options(folder)
	o.ReadOnly = true
	return o
}

// closedStore returns a folder with a store in it that holds a = 1.
func closedStore(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	db, err := Open(options(folder))
	if err != nil {
		t.Fatal(err)
	}
	put(t, db, "a", "1")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return folder
}

// files returns what is in a folder, by name.
func files(t *testing.T, folder string) map[string][sha256.Size]byte {
	t.Helper()
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][sha256.Size]byte{}
	for _, f := range list {
		all[f.Name()] = sum(t, filepath.Join(folder, f.Name()))
	}
	return all
}

func TestAStoreThatIsOnlyReadAnswersRefusesChangesAndWritesNothing(t *testing.T) {
	t.Parallel()
	folder := closedStore(t)
	if err := errors.Join(
		os.WriteFile(filepath.Join(folder, "LOCK"), []byte("4711\n"), 0o600),
		os.WriteFile(boltfile.CompactPath(folder), []byte("left by a kill"), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	before := files(t, folder)
	db := mustOpen(t, toRead(folder))
	if got := get(t, db, "a"); got != "1" {
		t.Errorf("a = %q, want 1", got)
	}
	if err := db.Update(t.Context(), putting("a", "2")); !errors.Is(err, store.ErrReadOnly) || errors.Is(err, store.ErrStopped) {
		t.Errorf("a change: %v; want ErrReadOnly", err)
	}
	if _, err := db.Compact(t.Context(), nil); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("a compaction: %v; want ErrReadOnly", err)
	}
	if isClosed(db.Stopped()) || !errors.Is(db.Err(), store.ErrReadOnly) {
		t.Errorf("the store says %v and stopped is %v", db.Err(), isClosed(db.Stopped()))
	}
	var copied bytes.Buffer
	if _, err := db.Backup(t.Context(), &copied); err != nil {
		t.Errorf("a backup: %v", err)
	}
	if s := db.Stats(); s.Used <= 0 || s.Used >= s.Size {
		t.Errorf("%d of %d bytes are used, though the reserve is free", s.Used, s.Size)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	after := files(t, folder)
	for name := range after {
		if before[name] != after[name] {
			t.Errorf("%s was changed", name)
		}
	}
	if len(after) != len(before) {
		t.Errorf("%d files in the folder, before %d", len(after), len(before))
	}
}

func TestAStoreThatIsOnlyReadExcludesWhoWritesAndIsExcluded(t *testing.T) {
	t.Parallel()
	for name, lock := range map[string]bool{"with a lock": true, "without one": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := closedStore(t)
			if !lock {
				if err := os.Remove(filepath.Join(folder, "LOCK")); err != nil {
					t.Fatal(err)
				}
			}
			reading := mustOpen(t, toRead(folder))
			if _, err := Open(options(folder)); !errors.Is(err, boltfile.ErrLocked) {
				t.Errorf("one that writes: %v; want boltfile.ErrLocked", err)
			}
			if err := reading.Close(); err != nil {
				t.Fatal(err)
			}
			mustOpen(t, options(folder))
			if _, err := Open(toRead(folder)); !errors.Is(err, boltfile.ErrLocked) {
				t.Errorf("one that reads while another writes: %v; want boltfile.ErrLocked", err)
			}
		})
	}
}

func TestTwoThatOnlyReadAreToldApartByTheLockIfThereIsOne(t *testing.T) {
	t.Parallel()
	folder := closedStore(t)
	mustOpen(t, toRead(folder))
	if _, err := Open(toRead(folder)); !errors.Is(err, boltfile.ErrLocked) {
		t.Errorf("the second one: %v; want boltfile.ErrLocked", err)
	}
}

func TestAFolderWithoutAStoreCannotBeOpenedToBeRead(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if _, err := Open(toRead(folder)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty folder: %v", err)
	}
	if left := files(t, folder); len(left) > 0 {
		t.Errorf("there is now %v", left)
	}
	if boltfile.OnlyToRead(folder) || boltfile.OnlyToRead(filepath.Join(folder, "none")) {
		t.Error("a folder without a store is said to be one to read")
	}
	if boltfile.OnlyToRead(closedStore(t)) {
		t.Error("a folder that can be written is said to be one to read")
	}
}

func TestDamageStopsNothingInAStoreThatIsOnlyRead(t *testing.T) {
	t.Parallel()
	full := filledStore(t)
	put(t, full, "a", "1")
	if err := full.Close(); err != nil {
		t.Fatal(err)
	}
	db := mustOpen(t, toRead(full.options.Folder))
	f, err := os.OpenFile(db.path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	page := db.file.Load().Page()
	for n := int64(10); n < 40 && err == nil; n++ {
		_, err = f.WriteAt(make([]byte, page), n*page)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	if err := db.View(t.Context(), readAll); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("reading: %v; want ErrDamaged", err)
	}
	if isClosed(db.Stopped()) || !errors.Is(db.Err(), store.ErrReadOnly) {
		t.Errorf("the store says %v and stopped is %v", db.Err(), isClosed(db.Stopped()))
	}
}
