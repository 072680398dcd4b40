package faulttest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tokenscale/store/bolt/boltfile"
)

// A frozen place is one whose data folder can be made so that nobody can write
// to it, and back.
type frozen struct {
	*place
	freeze, thaw func()
}

// TestAServerWhoseDiskIsReadOnlyOnlyVerifies makes the folder of a store one
// that cannot be written to, in six ways, and starts its server.
func TestAServerWhoseDiskIsReadOnlyOnlyVerifies(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(*testing.T) frozen
	}{
		{"a disk mounted to be read", func(t *testing.T) frozen {
			d := newDisk(t, "ext4", 32, "")
			return frozen{newPlace(t, d.at), remount(t, d.at, unix.MS_RDONLY), remount(t, d.at, 0)}
		}},
		{"a file system that has become one to read, with the keys", func(t *testing.T) frozen {
			needRoot(t)
			at := mountTmpfs(t, "16m")
			p := newPlace(t, filepath.Join(at, "data"))
			p.keys = filepath.Join(p.data, "keys")
			return frozen{p, remount(t, at, unix.MS_RDONLY), remount(t, at, 0)}
		}},
		{"a folder mounted to be read", func(t *testing.T) frozen { return bound(t, t.TempDir()) }},
		{"an immutable folder, with the keys and an audit file", func(t *testing.T) frozen {
			p := newPlace(t, t.TempDir())
			p.keys = filepath.Join(p.data, "keys")
			p.flags = []string{"--audit-file", filepath.Join(p.data, "audit.jsonl")}
			return immutable(t, p, p.data)
		}},
		{"an immutable folder without a lock", func(t *testing.T) frozen {
			p := newPlace(t, "")
			f := immutable(t, p, p.data)
			freeze := f.freeze
			f.freeze = func() { must(t, os.Remove(filepath.Join(p.data, "LOCK"))); freeze() }
			return f
		}},
		{"an immutable file", func(t *testing.T) frozen {
			p := newPlace(t, "")
			return immutable(t, p, boltfile.Path(p.data))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := c.make(t)
			known := f.fill(t)
			f.freeze()
			before := f.stored(t)
			s := f.start(t)
			known.check(t, f.place, s)
			if _, err := os.Stat(filepath.Join(f.data, "LOCK")); err == nil {
				f.endsLocked(t)
			}
			if code := s.stop(t); code != 0 {
				t.Errorf("it ended with %d:\n%s", code, s.out)
			}
			if out, code := f.run(t, "doctor"); code != 0 {
				t.Errorf("the doctor ended with %d and says %s", code, out)
			}
			if after := f.stored(t); after != before {
				t.Errorf("something was written: before\n%s\nafter\n%s", before, after)
			}
			s = f.start(t)
			f.thaw()
			f.endsLocked(t) // it could write, were it not for the one that reads
			if code := s.stop(t); code != 0 {
				t.Errorf("it ended with %d:\n%s", code, s.out)
			}
			if _, err := f.api(f.start(t)).create("after"); err != nil {
				t.Errorf("it can be written again, and creating fails: %v", err)
			}
		})
	}
}

// remount returns what mounts the file system at a path anew.
func remount(t *testing.T, at string, how uintptr) func() {
	return func() { must(t, unix.Mount("", at, "", unix.MS_REMOUNT|how, "")) }
}

// immutable freezes what is at path.
func immutable(t *testing.T, p *place, path string) frozen {
	back := func() {}
	return frozen{p, func() { back = makeImmutable(t, path) }, func() { back() }}
}

// bound is a place whose folder is reached by a second path, where it is only
// to be read. thaw reaches it by the first one.
func bound(t *testing.T, folder string) frozen {
	needRoot(t)
	p, at := newPlace(t, folder), t.TempDir()
	return frozen{p, func() {
		must(t, unix.Mount(folder, at, "", unix.MS_BIND, ""))
		t.Cleanup(func() { _ = unix.Unmount(at, unix.MNT_DETACH) })
		must(t, unix.Mount("", at, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""))
		p.data = at
	}, func() { p.data = folder }}
}

// endsLocked looks whether a second server ends at once.
func (p *place) endsLocked(t *testing.T) {
	t.Helper()
	second := p.launch(t)
	if code := second.code(t, 10*time.Second); code != 1 || !strings.Contains(second.out.String(), "the store is in use") {
		t.Errorf("a second server ended with %d and says %s", code, second.out)
	}
}

// stored tells what is in the data folder, by name, time and content.
func (p *place) stored(t *testing.T) string {
	t.Helper()
	list, err := os.ReadDir(p.data)
	must(t, err)
	var all strings.Builder
	for _, f := range list {
		if info, err := f.Info(); err == nil && info.Mode().IsRegular() {
			fmt.Fprintf(&all, "%s %v %x\n", f.Name(), info.ModTime(), hashOf(t, filepath.Join(p.data, f.Name())))
		}
	}
	return all.String()
}
