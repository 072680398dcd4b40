package faulttest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"golang.org/x/sys/unix"

	"tokenscale/store/bolt/boltfile"
)

func TestASecondServerEndsAtOnce(t *testing.T) {
	p := newPlace(t, "")
	p.start(t)
	began := time.Now()
	second := p.launch(t)
	if code := second.code(t, 2*time.Second); code != 1 {
		t.Errorf("the second server ended with %d, want 1", code)
	}
	if !strings.Contains(second.out.String(), "is open in another process") {
		t.Errorf("the second server says %q", second.out)
	}
	t.Logf("it ended after %.1f s", time.Since(began).Seconds())
}

// TestAMovedFileStopsItsServer moves the file of a server that is being
// changed away and puts a copy in its place, as a careless restore does. The
// server stops within 5 seconds, and what it acknowledged is in the file it
// had.
func TestAMovedFileStopsItsServer(t *testing.T) {
	p, w, k := newPlace(t, ""), newWitness(t), newKnown()
	s := p.start(t)
	w.run(p, s)
	time.Sleep(200 * time.Millisecond)
	file, aside := boltfile.Path(p.data), filepath.Join(p.data, "aside")
	must(t, os.Rename(file, aside))
	copied, err := os.ReadFile(aside)
	must(t, err)
	must(t, os.WriteFile(file, copied, 0o600))
	began := time.Now()
	a := p.api(s)
	for {
		if code, err := a.status("/readyz", ""); err == nil && code == http.StatusServiceUnavailable {
			break
		}
		if time.Since(began) > 5*time.Second {
			t.Fatal("the first server goes on for 5 seconds")
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Logf("it stopped after %.2f s", time.Since(began).Seconds())
	s.kill()
	k.learn(w.stop(t))
	must(t, os.Rename(aside, file))
	k.report(t, "after the file was moved", k.judge(p))
}

func TestANewerStoreIsRefusedAndLeftAlone(t *testing.T) {
	p := newPlace(t, "")
	p.start(t).kill()
	db, err := bbolt.Open(boltfile.Path(p.data), 0o600, nil)
	must(t, err)
	must(t, db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("schema"), binary.BigEndian.AppendUint32(nil, 2))
	}))
	must(t, db.Close())
	before := hashOf(t, boltfile.Path(p.data))
	for _, args := range [][]string{{"--listen", "127.0.0.1:0"}, {"root-token"}, {"doctor"}, {"backup", filepath.Join(t.TempDir(), "b")}} {
		cmd := p.command(args...)
		if args[0] == "root-token" {
			cmd.Env = append(cmd.Env, "BOOTSTRAP_ROOT_TOKEN_HASHED=")
		}
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "it has version 2 and this program knows 1; use the newer program") {
			t.Errorf("%v says %q, %v", args, out, err)
		}
	}
	if hashOf(t, boltfile.Path(p.data)) != before {
		t.Error("the file was changed")
	}
}

func hashOf(t *testing.T, path string) [sha256.Size]byte {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return sha256.Sum256(b)
}

// TestUnsafeHomesAreRefused starts servers on file systems where a store is
// not safe, or where there is none and none can be made.
func TestUnsafeHomesAreRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		home func(*testing.T) *place
		want string
	}{
		{"FUSE", func(t *testing.T) *place { return newPlace(t, mountFUSE(t)) }, "not safe on a network file system"},
		{"a disk mounted to be read", func(t *testing.T) *place {
			d := newDisk(t, "ext4", 16, "")
			must(t, unix.Unmount(d.at, 0))
			d.options = "ro"
			must(t, d.mount())
			return newPlace(t, d.at)
		}, "the folder of the store cannot be written to"},
		{"a folder that cannot be changed", func(t *testing.T) *place {
			p := newPlace(t, t.TempDir())
			makeImmutable(t, p.data)
			return p
		}, "the folder of the store cannot be written to"},
		{"a store in a folder that is not ours to write to", func(t *testing.T) *place {
			needRoot(t, "setpriv")
			p := newPlace(t, t.TempDir())
			p.start(t).kill()
			must(t, os.Chmod(p.data, 0o500))
			// Without these capabilities root may do no more than others.
			p.wrap = []string{"setpriv", "--bounding-set=-dac_override,-dac_read_search"}
			return p
		}, "the folder of the store cannot be written to"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := c.home(t)
			s := p.launch(t)
			if s.listens(10 * time.Second) {
				t.Fatal("the server starts")
			}
			if code := s.code(t, time.Second); code != 1 || !strings.Contains(s.out.String(), c.want) {
				t.Errorf("the server ended with %d and says %q", code, s.out)
			}
			t.Logf("%s", bytes.TrimSpace([]byte(s.out.String())))
		})
	}
}

// makeImmutable lets nobody change what is at path until the test ends.
func makeImmutable(t *testing.T, path string) (back func()) {
	t.Helper()
	needRoot(t, "chattr")
	if out, err := exec.Command("chattr", "+i", path).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: chattr: %s", out)
	}
	back = func() { must(t, exec.Command("chattr", "-i", path).Run()) }
	t.Cleanup(back)
	return back
}

// mountFUSE mounts a FUSE file system that nobody serves. It is said to be
// another user's, so the kernel tells us its kind without asking anybody.
func mountFUSE(t *testing.T) string {
	t.Helper()
	needRoot(t)
	dev, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("SKIPPED: no FUSE: %v", err)
	}
	at := t.TempDir()
	if err := unix.Mount("nobody", at, "fuse", 0, fmt.Sprintf("fd=%d,rootmode=40000,user_id=65534,group_id=65534", dev.Fd())); err != nil {
		t.Skipf("SKIPPED: no FUSE: %v", err)
	}
	t.Cleanup(func() {
		_ = unix.Unmount(at, unix.MNT_DETACH) // nothing can be done
		dev.Close()
	})
	return at
}
