//go:build unix

package platform_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tokenscale/platform"
)

const stranger = 54321 // a user and a group that we are not

func TestPrivate_OurOwnGroupMayAndOthersMayNot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	must(t, os.WriteFile(path, nil, 0o600))
	for _, c := range []struct {
		mode         os.FileMode
		user, group  int // 0: ours
		remark, fine bool
		command      string
	}{
		{mode: 0o600, fine: true},
		{mode: 0o400, fine: true},
		{mode: 0o660, fine: true, remark: true}, // fsGroup, at each mount
		{mode: 0o440, fine: true, remark: true}, // a Secret
		{mode: 0o640, fine: true, remark: true},
		{mode: 0o644, command: "chmod o-rwx " + path},
		{mode: 0o602, command: "chmod o-rwx " + path},
		{mode: 0o601, command: "chmod o-rwx " + path},
		{mode: 0o640, group: stranger, command: "chmod g-rwx " + path},
		{mode: 0o600, group: stranger, fine: true},
		{mode: 0o600, user: stranger, command: "chown"},
	} {
		user, group := os.Geteuid(), os.Getegid()
		if c.user+c.group > 0 {
			needRoot(t)
			user, group = c.user, c.group
		}
		must(t, os.Chown(path, user, group))
		must(t, os.Chmod(path, c.mode))
		info, err := os.Stat(path)
		must(t, err)
		remark, err := platform.Private(path, info)
		if (err == nil) != c.fine || (remark != "") != c.remark || err != nil && !strings.Contains(err.Error(), c.command) {
			t.Errorf("%v of %d:%d: %q, %v", c.mode, user, group, remark, err)
		}
	}
}

func TestShut_AFolderThatOthersMayWriteToIsRefused(t *testing.T) {
	folder := t.TempDir()
	for mode, fine := range map[os.FileMode]bool{
		0o700: true, 0o755: true, 0o770: true, 0o770 | os.ModeSetgid: true, 0o777: false, 0o702: false, 0o777 | os.ModeSticky: false,
	} {
		must(t, os.Chmod(folder, mode))
		info, err := os.Stat(folder)
		must(t, err)
		if err := platform.Shut(folder, info); (err == nil) != fine || err != nil && !strings.Contains(err.Error(), "chmod o-w "+folder) {
			t.Errorf("%v: %v", mode, err)
		}
	}
	needRoot(t)
	must(t, os.Chmod(folder, 0o770))
	must(t, os.Chown(folder, -1, stranger))
	info, err := os.Stat(folder)
	must(t, err)
	if err := platform.Shut(folder, info); err == nil || !strings.Contains(err.Error(), "chmod g-w "+folder) {
		t.Errorf("one of a group that is not ours: %v", err)
	}
}

// secret makes what Kubernetes mounts for a Secret: keys -> ..data/keys,
// ..data -> ..2026/, in a folder like /tmp.
func secret(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	must(t, os.Mkdir(filepath.Join(folder, "..2026"), 0o755))
	must(t, os.WriteFile(filepath.Join(folder, "..2026", "keys"), nil, 0o440))
	must(t, os.Symlink("..2026", filepath.Join(folder, "..data")))
	must(t, os.Symlink(filepath.Join("..data", "keys"), filepath.Join(folder, "keys")))
	must(t, os.Chmod(folder, 0o777|os.ModeSticky))
	return folder
}

func TestFollow_LinksThatNobodyElseCanChange(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(folder string) error
		want  string // in the refusal
		root  bool
	}{
		{"a Secret", func(string) error { return nil }, "", false},
		{"a folder of our group", func(f string) error { return os.Chmod(f, 0o770) }, "", false},
		{"a folder that others may write to", func(f string) error { return os.Chmod(f, 0o777) }, "chmod o-w", false},
		{"one further on", func(f string) error { return os.Chmod(filepath.Join(f, "..2026"), 0o777) }, "..2026", false},
		{"another user's folder", func(f string) error { return os.Chown(f, stranger, -1) }, "belongs to another user", true},
		{"another user's link in one like /tmp", func(f string) error { return os.Lchown(filepath.Join(f, "..data"), stranger, -1) }, "chmod o-w", true},
		{"a folder of another group", func(f string) error {
			must(t, os.Chown(f, -1, stranger))
			return os.Chmod(f, 0o770)
		}, "chmod g-w", true},
		{"a circle", func(f string) error {
			must(t, os.Remove(filepath.Join(f, "..data")))
			return os.Symlink("..data", filepath.Join(f, "..data"))
		}, "too many links", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.root {
				needRoot(t)
			}
			folder := secret(t)
			must(t, c.spoil(folder))
			got, err := platform.Follow(filepath.Join(folder, "keys"))
			real, failed := filepath.EvalSymlinks(folder)
			must(t, failed)
			switch want := filepath.Join(real, "..2026", "keys"); {
			case c.want == "" && (err != nil || got != want):
				t.Errorf("it leads to %q, %v; want %q", got, err, want)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("it leads to %q, %v; want it refused with %q", got, err, c.want)
			}
		})
	}
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: only root can give a file away")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
