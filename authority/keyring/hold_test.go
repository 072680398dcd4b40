package keyring_test

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tokenscale/authority/keyring"
	"tokenscale/platform"
)

// A server that does not own it has it by its group.
func TestKeyFile_IsReplacedByOneThatTheSameGroupCanRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	_, err := keyring.Create(path, rand.Reader)
	must(t, err)
	groups, err := os.Getgroups()
	must(t, err)
	for _, group := range append(groups, os.Getegid()) {
		for _, mode := range []os.FileMode{0o600, 0o440, 0o640} {
			must(t, errors.Join(os.Chmod(path, mode), os.Chown(path, -1, group)))
			f, err := keyring.ReadFile(path)
			must(t, err)
			must(t, f.Replace(path))
			info, err := os.Stat(path)
			must(t, err)
			_, got, _ := platform.Owner(info)
			if info.Mode() != mode || got != group && mode != 0o600 {
				t.Errorf("the mode %v and the group %d became %v and %d", mode, group, info.Mode(), got)
			}
		}
	}
}

func TestKeyFile_IsChangedByOneCommandAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	ran := 0
	did := func() error { ran++; return nil }
	must(t, keyring.Holding(path, did))
	if left, _ := filepath.Glob(path + "*"); len(left) > 0 {
		t.Errorf("where there is no key file, there is now %v", left)
	}
	_, err := keyring.Create(path, rand.Reader)
	must(t, err)
	must(t, keyring.Holding(path, func() error {
		if err := keyring.Holding(path, did); !errors.Is(err, keyring.ErrBusy) || !strings.Contains(err.Error(), path) {
			t.Errorf("another one meanwhile: %v", err)
		}
		return did()
	}))
	refused := errors.New("refused")
	if err := keyring.Holding(path, func() error { return refused }); !errors.Is(err, refused) {
		t.Errorf("what one returns: %v", err)
	}
	must(t, keyring.Holding(path, did))
	if ran != 3 {
		t.Errorf("%d have run, want 3", ran)
	}
}
