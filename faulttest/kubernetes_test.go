package faulttest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A container in Kubernetes: its user and group, and the group of fsGroup.
const podUser, podGroup, fsGroup = 20001, 20002, 20003

// newPod returns a place whose server runs as a container does, with its data
// and keys on a volume, which is mounted the first time.
func newPod(t *testing.T) (p *place, volume string) {
	t.Helper()
	needRoot(t, "setpriv")
	volume = t.TempDir()
	// Until now only we could enter these folders.
	for _, folder := range []string{filepath.Dir(program), filepath.Dir(volume)} {
		must(t, os.Chmod(folder, 0o755))
	}
	mount(t, volume)
	p = newPlace(t, filepath.Join(volume, "data"))
	p.keys = filepath.Join(p.data, "keys")
	p.wrap = []string{"setpriv", fmt.Sprint("--reuid=", podUser), fmt.Sprint("--regid=", podGroup), fmt.Sprint("--groups=", fsGroup)}
	return p, volume
}

// mount does to the files of a volume what the kubelet does at each mount.
func mount(t *testing.T, volume string) {
	t.Helper()
	must(t, filepath.WalkDir(volume, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		must(t, err)
		must(t, os.Lchown(path, -1, fsGroup))
		mode := info.Mode() | 0o660
		if d.IsDir() {
			mode |= 0o110 | os.ModeSetgid
		}
		if d.Type().IsRegular() || d.IsDir() {
			must(t, os.Chmod(path, mode))
		}
		return nil
	}))
}

func TestAVolumeOfKubernetes(t *testing.T) {
	p, volume := newPod(t)
	for range 3 {
		s := p.start(t)
		if code := s.stop(t); code != 0 {
			t.Fatalf("the server ended with %d:\n%s", code, s.out)
		}
		mount(t, volume)
	}
	if info, err := os.Stat(p.keys); err != nil || info.Mode().Perm() != 0o660 {
		t.Fatalf("the key file is %v, %v: was it mounted?", info, err)
	}
	s := p.start(t)
	if !strings.Contains(s.out.String(), "whoever belongs to the group 20003") {
		t.Errorf("the log does not tell who can read the key file:\n%s", s.out)
	}
	s.stop(t)
	must(t, os.Chmod(p.keys, 0o664))
	refuses(t, p, "has the mode 0664", "chmod o-rwx "+p.keys)
	must(t, os.Chmod(p.keys, 0o660))
	must(t, os.Chmod(p.data, 0o777))
	refuses(t, p, "has the mode 0777", "chmod o-w "+p.data)
}

func TestAKeyFileFromASecretOfKubernetes(t *testing.T) {
	p, _ := newPod(t)
	p.start(t).stop(t)
	folder := t.TempDir()
	must(t, os.Mkdir(filepath.Join(folder, "..2026"), 0o755))
	keys, err := os.ReadFile(p.keys)
	must(t, err)
	real := filepath.Join(folder, "..2026", "keys")
	must(t, os.WriteFile(real, keys, 0o440))
	must(t, os.Chown(real, 0, fsGroup))
	must(t, os.Symlink("..2026", filepath.Join(folder, "..data")))
	must(t, os.Symlink(filepath.Join("..data", "keys"), filepath.Join(folder, "keys")))
	must(t, os.Chmod(folder, 0o777|os.ModeSticky))
	p.flags = []string{"--state-file", p.keys + ".state"}
	must(t, os.Remove(p.keys))
	p.keys = filepath.Join(folder, "keys")
	s := p.start(t)
	if code := s.stop(t); code != 0 {
		t.Errorf("the server ended with %d:\n%s", code, s.out)
	}
	out, code := p.run(t, append([]string{"key", "rotate"}, p.flags...)...)
	if code != 1 || !strings.Contains(out, "cannot be replaced, because it is a link") {
		t.Errorf("key rotate ends with %d and says %s", code, out)
	}
	must(t, os.Chmod(folder, 0o777)) // now anybody could put another link there
	refuses(t, p, "behind which another file may be put")
	must(t, os.Chmod(folder, 0o755))
	must(t, os.Chmod(real, 0o444))
	refuses(t, p, "has the mode 0444", "defaultMode: 0440")
}

// refuses fails the test unless a server does not start, with these words.
func refuses(t *testing.T, p *place, words ...string) {
	t.Helper()
	s := p.launch(t)
	if s.listens(10 * time.Second) {
		t.Fatalf("the server starts; want %q", words)
	}
	for _, w := range words {
		if !strings.Contains(s.out.String(), w) {
			t.Errorf("the server says %s; want %q", s.out, w)
		}
	}
}
