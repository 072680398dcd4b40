package platform

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadPlainTakesPlainFilesThatHaveAnEnd(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "file")
	if err := os.WriteFile(path, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadPlain(path, 5); string(got) != "12345" || err != nil {
		t.Errorf("five bytes of five are read as %q, %v", got, err)
	}
	if got, err := ReadPlain(path, 4); err == nil || !strings.Contains(err.Error(), "more than 4 bytes") {
		t.Errorf("five bytes of four are read as %q, %v", got, err)
	}
	if _, err := ReadPlain(filepath.Join(folder, "none"), 5); !os.IsNotExist(err) {
		t.Errorf("a file that is not there: %v", err)
	}
	endless := []string{folder, os.DevNull}
	if _, err := os.Stat("/dev/zero"); err == nil {
		endless = append(endless, "/dev/zero")
	}
	for _, path := range endless {
		if got, err := ReadPlain(path, 5); err == nil {
			t.Errorf("%s is read as %q, want it refused", path, got)
		}
	}
}
