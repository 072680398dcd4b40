package durable_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"tokenscale/durable"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// expect fails the test unless the folder holds one file with the content,
// which only its owner can read.
func expect(t *testing.T, path, content string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != content {
		t.Errorf("the file holds %q (%v), want %q", got, err, content)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v (%v), want 0600", info.Mode(), err)
	}
	names, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(names) != 1 {
		t.Errorf("there are %v (%v), want that file alone", names, err)
	}
}

func TestReplaceLeavesOneWholeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, content := range []string{"first", "second, which is longer", "", "third"} {
		if err := durable.Replace(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		expect(t, path, content)
	}
}

func TestCreateWritesOverNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder", "file")
	if err := durable.Create(path, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := durable.Create(path, []byte("second")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second time: %v, want %v", err, fs.ErrExist)
	}
	expect(t, path, "first")
}

func TestWriteAndRenamePutAFileInThePlaceOfAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := durable.Replace(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	if err := durable.Write(path, []byte("new")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("writing over a file: %v, want %v", err, fs.ErrExist)
	}
	if err := errors.Join(durable.Write(path+".new", []byte("new")), durable.Rename(path+".new", path)); err != nil {
		t.Fatal(err)
	}
	expect(t, path, "new")
}

func TestAFailureLeavesNothingBehind(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a folder is in the way")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, do := range map[string]func(string, []byte) error{"Replace": durable.Replace, "Create": durable.Create, "Write": durable.Write} {
		if err := do(path, []byte("content")); err == nil {
			t.Errorf("%s wrote over a folder", name)
		}
	}
	if names, err := os.ReadDir(folder); err != nil || len(names) != 1 {
		t.Errorf("there are %v (%v), want the folder alone", names, err)
	}
}
