package keyring_test

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"tokenscale/authority/keyring"
)

func TestKeyFile_OthersMayNotReadIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	_, err := keyring.Create(path, rand.Reader)
	must(t, err)
	if info, _ := os.Stat(path); info.Mode() != 0o600 {
		t.Errorf("it is made with the mode %v", info.Mode())
	}
	for _, mode := range []os.FileMode{0o604, 0o602, 0o644, 0o666, 0o601} {
		must(t, os.Chmod(path, mode))
		if _, err := keyring.Load(path); err == nil || !strings.Contains(err.Error(), "chmod o-rwx") {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
	// These are of our own group: by fsGroup, and of a Secret.
	for _, mode := range []os.FileMode{0o660, 0o440} {
		must(t, os.Chmod(path, mode))
		if keys, err := keyring.Load(path); err != nil || keys.Remark() == "" {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
	must(t, os.Chmod(path, 0o400))
	if _, err := keyring.Load(path); err != nil {
		t.Error(err)
	}
}

// Each way in which a key file can be wrong is refused with a sentence that
// says what is wrong, and shows nothing of a key.
func TestKeyFile_WhatIsNotOneIsRefusedWithASentence(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "keys")
	if _, err := keyring.Load(path); !errors.Is(err, keyring.ErrNoFile) {
		t.Errorf("got %v", err)
	}
	one, two := strings.Repeat("0a", 32)+"\n", strings.Repeat("0b", 32)+"\n"
	const head = "tokenscale-keys-1\n"
	text := func(s string) func() error {
		return func() error { return os.WriteFile(path, []byte(s), 0o600) }
	}
	for name, c := range map[string]struct {
		make func() error
		want string
	}{
		"empty":                {text(""), "its first line is not"},
		"header only":          {text(head), "it holds no key"},
		"another version":      {text("tokenscale-keys-2\n" + one), "its first line is not"},
		"a short key":          {text(head + one[:60] + "\n"), "line 2 is not a key of 64 hexadecimal digits"},
		"a long key":           {text(head + one[:64] + "0a\n"), "line 2 is not a key"},
		"no hexadecimal":       {text(head + one + strings.Repeat("0z", 32) + "\n"), "line 3 is not a key"},
		"an empty line":        {text(head + one + "\n"), "line 3 is not a key"},
		"an unknown mark":      {text(head + one[:64] + " new\n"), "line 2 is not a key"},
		"a key twice":          {text(head + one + two + one), "line 4 has the id"},
		"old, and in capitals": {text(head + one + strings.ToUpper(one[:64]) + " old\n"), "line 3 has the id"},
		"the newest is old":    {text(head + one[:64] + " old\n" + two), "the newest must come first"},
		"garbage":              {text("\x00\xff" + strings.Repeat("\x80", 5000)), "its first line is not"},
		"far too long":         {text(head + strings.Repeat(one, 2000)), "more than 65536 bytes"},
		"a folder":             {func() error { return os.Mkdir(path, 0o700) }, "is not a plain file"},
		"a pipe":               {func() error { return syscall.Mkfifo(path, 0o600) }, "is not a plain file"},
		"a link through an open folder": {func() error {
			open := filepath.Join(folder, "open")
			return errors.Join(os.MkdirAll(open, 0o700), os.WriteFile(open+"/keys", []byte(head+one), 0o600), os.Chmod(open, 0o777), os.Symlink(open+"/keys", path))
		}, "is a link, behind which another file may be put"},
		"another user's": {func() error { return errors.Join(text(head+one)(), os.Chown(path, 65534, -1)) }, "belongs to another user"},
	} {
		t.Run(name, func(t *testing.T) {
			must(t, os.RemoveAll(path))
			if err := c.make(); errors.Is(err, os.ErrPermission) {
				t.Skip("SKIPPED: only root can give a file away")
			} else if err != nil {
				t.Fatal(err)
			}
			_, err := keyring.Load(path)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want %q", err, c.want)
			} else if strings.Contains(strings.ToLower(err.Error()), "0a0a") {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
	must(t, os.RemoveAll(path))
	must(t, text(head+one+two[:64]+" old\n")())
	if _, err := keyring.Load(path); err != nil {
		t.Errorf("the control, a file with an old key: %v", err)
	}
}

func TestKeyFile_IsNeverOverwritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	_, err := keyring.Create(path, rand.Reader)
	must(t, err)
	before, _ := os.ReadFile(path)
	if _, err := keyring.Create(path, rand.Reader); !errors.Is(err, os.ErrExist) {
		t.Errorf("got %v", err)
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("it was overwritten")
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".durable-*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}
