package faulttest

import (
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestAFailingDiskStopsTheStore makes calls of a running server to its disk
// fail. From the first failure on nothing is acknowledged any more, readiness
// says no, tokens are still verified, those revoked before are not, and the
// process ends with 70. After a new start nothing acknowledged is missing.
func TestAFailingDiskStopsTheStore(t *testing.T) {
	need(t, "strace")
	for _, c := range []struct{ name, calls, inject, says string }{
		{"syncs fail", "fdatasync", "fdatasync:error=EIO", "in doubt"},
		{"one sync fails", "fdatasync", "fdatasync:error=EIO:when=1", "in doubt"},
		{"syncs find no space", "fdatasync", "fdatasync:error=ENOSPC", "in doubt"},
		{"writes fail", "pwrite64", "pwrite64:error=EIO", "in doubt"},
		{"one write fails", "pwrite64", "pwrite64:error=EIO:when=1", "in doubt"},
		{"writes find no space", "pwrite64", "pwrite64:error=ENOSPC", "in doubt"},
		// Growing the file comes before a commit.
		{"the file cannot grow", "fallocate", "fallocate:error=EIO", "nothing was changed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, k := newPlace(t, ""), newKnown()
			s := p.start(t)
			a := p.api(s)
			var secrets []string
			for range 20 {
				secret, err := a.create("before")
				must(t, err)
				k.learn([]record{{Op: "create", Token: secret}})
				secrets = append(secrets, secret)
			}
			must(t, a.delete(id(secrets[0])))
			k.learn([]record{{Op: "delete", ID: id(secrets[0])}})

			inject(t, s, c.calls, c.inject)
			failed := failOnce(t, a, k, c.says)
			if !failed {
				t.Fatal("no change failed; is the fault there at all?")
			}
			for range 10 {
				if secret, err := a.create("after"); err == nil {
					t.Fatalf("%s was acknowledged after a failure", id(secret))
				}
			}
			checkLastMinute(t, a, secrets)
			if code := s.stop(t); code != 70 {
				t.Errorf("the server ended with %d, want 70:\n%s", code, s.out)
			}
			k.report(t, "after the disk failed", k.judge(p))
		})
	}
}

// failOnce sends changes until one fails, and looks whether the answer tells what is known of it.
func failOnce(t *testing.T, a *api, k *known, says string) bool {
	t.Helper()
	for n := range 5000 { // a file grows seldom
		secret, err := a.create(fmt.Sprintf("during %0100d", n))
		if err == nil {
			k.learn([]record{{Op: "create", Token: secret}})
			continue
		}
		why, refused := errors.AsType[*refusal](err)
		if !refused || !strings.Contains(why.Message, says) {
			t.Errorf("the failed change answers %v; want %q", err, says)
		}
		if !refused || strings.Contains(why.Message, "in doubt") {
			k.learn([]record{{Op: "create", Doubt: true}})
		}
		return true
	}
	return false
}

// checkLastMinute looks what a server does whose store has failed.
func checkLastMinute(t *testing.T, a *api, secrets []string) {
	t.Helper()
	if code, err := a.status("/readyz", ""); err != nil || code != http.StatusServiceUnavailable {
		t.Errorf("readyz says %d, %v, want 503", code, err)
	}
	if a.accepts(t, secrets[0]) {
		t.Error("a revoked token is accepted")
	}
	if !a.accepts(t, secrets[1]) {
		t.Error("tokens are not verified any more")
	}
}

// inject makes system calls of a running server fail until heal is called, at
// the latest when the test ends. Options such as -P narrow it down. It is not
// for a number of failures: strace counts those of each thread apart.
func inject(t *testing.T, s *server, calls, how string, options ...string) (heal func()) {
	t.Helper()
	args := append([]string{"-f", "-o", "/dev/null", "-e", "trace=" + calls, "-e", "inject=" + how, "-p", strconv.Itoa(s.cmd.Process.Pid)}, options...)
	cmd := exec.Command("strace", args...)
	said := &output{}
	cmd.Stderr = said
	must(t, cmd.Start())
	heal = sync.OnceFunc(func() {
		_ = cmd.Process.Signal(syscall.SIGINT) // it ends with what it traces
		_ = cmd.Wait()
	})
	t.Cleanup(heal)
	for range 500 {
		if strings.Contains(said.String(), "attached") {
			return heal
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Skipf("SKIPPED: strace cannot attach: %s", said)
	return nil
}

// TestAServerWhoseDiskFailedEndsByItself waits out the minute in which it
// verifies from memory.
func TestAServerWhoseDiskFailedEndsByItself(t *testing.T) {
	if !soak() {
		t.Skip("takes a minute; run it with SOAK=1")
	}
	need(t, "strace")
	p, k := newPlace(t, ""), newKnown()
	s := p.start(t)
	inject(t, s, "fdatasync", "fdatasync:error=EIO")
	if !failOnce(t, p.api(s), k, "in doubt") {
		t.Fatal("no change failed")
	}
	if code := s.code(t, 90*time.Second); code != 70 {
		t.Errorf("the server ended with %d, want 70", code)
	}
	if o, code := p.run(t, "doctor"); code != 0 {
		t.Errorf("the doctor says %d:\n%s", code, o)
	}
}
