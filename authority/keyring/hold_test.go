package keyring_test

import (
	"crypto/rand"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"tokenscale/authority/keyring"
)

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
