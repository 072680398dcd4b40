package faulttest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestAFullStoreStillRevokes fills a store in five ways. Creating is then
// refused, and says so; 100 tokens are deleted and others verified all the
// same; where space can be given, creating goes on without a restart; and
// nothing that was acknowledged is lost.
func TestAFullStoreStillRevokes(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(*testing.T) (p *place, limit, relieve func(*server) error)
	}{
		{"a small tmpfs", func(t *testing.T) (*place, func(*server) error, func(*server) error) {
			at := mountTmpfs(t, "8m")
			return newPlace(t, filepath.Join(at, "data")), nil, func(*server) error {
				return unix.Mount("tmpfs", at, "tmpfs", unix.MS_REMOUNT, "size=32m")
			}
		}},
		{"a small disk", func(t *testing.T) (*place, func(*server) error, func(*server) error) {
			d := newDisk(t, "ext4", 32, "")
			filler := filepath.Join(d.at, "filler")
			if err := fill(filler, 20<<20); err != nil {
				t.Fatal(err)
			}
			return newPlace(t, filepath.Join(d.at, "data")), nil, func(*server) error { return os.Remove(filler) }
		}},
		{"a limit on files from the start", func(t *testing.T) (*place, func(*server) error, func(*server) error) {
			need(t, "prlimit")
			p := newPlace(t, "")
			p.wrap = []string{"prlimit", "--fsize=8388608:unlimited"}
			return p, nil, setFileLimit(unix.RLIM_INFINITY)
		}},
		{"a limit on files set meanwhile", func(t *testing.T) (*place, func(*server) error, func(*server) error) {
			return newPlace(t, ""), setFileLimit(6 << 20), setFileLimit(unix.RLIM_INFINITY)
		}},
		{"--max-store-size", func(t *testing.T) (*place, func(*server) error, func(*server) error) {
			p := newPlace(t, "")
			p.flags = []string{"--max-store-size", "6MiB"}
			return p, nil, nil
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, limit, relieve := c.prepare(t)
			s := p.start(t)
			a, k := p.api(s), newKnown()
			if limit != nil {
				must(t, limit(s))
			}
			fillStore(t, a, k)
			revokeWhileFull(t, a, k)
			if relieve != nil {
				must(t, relieve(s))
				secret, err := a.create("after")
				if err != nil {
					t.Errorf("there is space again, and creating fails: %v", err)
				} else {
					k.learn([]record{{Op: "create", Token: secret}})
				}
			}
			s.kill()
			k.report(t, "after the disk was full", k.judge(p))
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fill makes a file that takes size bytes.
func fill(path string, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(unix.Fallocate(int(f.Fd()), 0, 0, size), f.Close())
}

// setFileLimit sets how long the files of a server may become.
func setFileLimit(n uint64) func(*server) error {
	return func(s *server) error {
		return unix.Prlimit(s.cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: n, Max: unix.RLIM_INFINITY}, nil)
	}
}

// fillStore makes tokens until the server refuses.
func fillStore(t *testing.T, a *api, k *known) {
	t.Helper()
	long := strings.Repeat("x", 150) // of a name
	for n := range 60_000 {
		secret, err := a.create(fmt.Sprint(long, n))
		if err == nil {
			k.learn([]record{{Op: "create", Token: secret}})
			continue
		}
		why, refused := errors.AsType[*refusal](err)
		if !refused || why.Extensions.Code != "UNAVAILABLE" || !strings.Contains(why.Message, "full") {
			t.Fatalf("a full store answers %v", err)
		}
		t.Logf("full after %d tokens", n)
		return
	}
	t.Fatal("the store does not fill up")
}

// revokeWhileFull deletes 100 tokens and verifies others.
func revokeWhileFull(t *testing.T, a *api, k *known) {
	t.Helper()
	deleted, kept := 0, 0
	for id, v := range k.tokens {
		if deleted < 100 {
			if err := a.delete(id); err != nil {
				t.Fatalf("deletion %d in a full store: %v", deleted, err)
			}
			k.learn([]record{{Op: "delete", ID: id}})
			deleted++
			if a.accepts(t, v.secret) {
				t.Fatal("a token that was deleted in a full store is accepted")
			}
			continue
		}
		if kept++; kept > 20 {
			return
		}
		if !a.accepts(t, v.secret) {
			t.Fatal("a full store does not verify")
		}
	}
	if deleted < 100 {
		t.Fatalf("only %d tokens fitted", deleted)
	}
}
