package authority_test

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
)

func TestKeyFile_OthersMayNotReadIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	_, err := authority.CreateKeys(path, rand.Reader)
	must(t, err)
	if info, _ := os.Stat(path); info.Mode() != 0o600 {
		t.Errorf("it is made with the mode %v", info.Mode())
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o666, 0o601} {
		must(t, os.Chmod(path, mode))
		if _, err := authority.LoadKeys(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
	must(t, os.Chmod(path, 0o400))
	if _, err := authority.LoadKeys(path); err != nil {
		t.Error(err)
	}
}

func TestKeyFile_MissingOrNotOneIsRefused(t *testing.T) {
	folder := t.TempDir()
	if _, err := authority.LoadKeys(filepath.Join(folder, "none")); !errors.Is(err, authority.ErrNoKeys) {
		t.Errorf("got %v", err)
	}
	if _, err := authority.LoadKeys(folder); err == nil {
		t.Error("a folder was taken for a key file")
	}
	good := "tokenscale-keys-1\n" + strings.Repeat("0a", 32) + "\n"
	for name, text := range map[string]string{
		"empty": "", "header only": "tokenscale-keys-1\n", "other header": strings.Replace(good, "-1", "-2", 1),
		"short": good[:len(good)-3], "no hexadecimal": strings.Replace(good, "0a", "zz", 1), "an empty line": good + "\n",
	} {
		path := filepath.Join(folder, "bad")
		must(t, os.WriteFile(path, []byte(text), 0o600))
		if _, err := authority.LoadKeys(path); err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "0a0a") {
			t.Errorf("%s: the error shows the key: %v", name, err)
		}
	}
}

func TestKeyFile_IsNeverOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	_, err := authority.CreateKeys(path, rand.Reader)
	must(t, err)
	before, _ := os.ReadFile(path)
	if _, err := authority.CreateKeys(path, rand.Reader); !errors.Is(err, os.ErrExist) {
		t.Errorf("got %v", err)
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("it was overwritten")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".keys-*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestAnotherKeyFileIsRefusedAndSaysSo(t *testing.T) {
	h := authoritytest.Open(t)
	h.Token(draft("x"))
	h.Close()
	kept := h.KeyFile() + ".kept"
	must(t, os.Rename(h.KeyFile(), kept))
	_, err := authority.CreateKeys(h.KeyFile(), rand.Reader)
	must(t, err)
	if err := h.TryOpen(); err == nil || !strings.Contains(err.Error(), "key file does not belong") {
		t.Errorf("got %v", err)
	}
	must(t, os.Rename(kept, h.KeyFile()))
	must(t, h.TryOpen())
}
