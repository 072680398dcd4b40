package faulttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tokenscale/store/bolt/boltfile"
)

// TestHealthNamesWhatIsWrong breaks one thing at a time and waits until the
// health check names it.
func TestHealthNamesWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name, check, state string
		ready              int
		prepare            func(*testing.T) *place
		fault              func(*testing.T, *place, *server, *api)
	}{
		{"the audit file is on a full disk", "audit", "WARN", http.StatusOK, func(t *testing.T) *place {
			p := newPlace(t, "")
			p.flags = []string{"--audit-file", "/dev/full"}
			return p
		}, makeOne},
		{"nobody reads the pipe of the audit file", "audit", "WARN", http.StatusOK, blockedPipe, makeMany},
		{"there is little space on the disk", "disk-space", "WARN", http.StatusOK, onSmallDisk, leave(100 << 20)},
		{"there is no space on the disk", "disk-space", "DOWN", http.StatusOK, onSmallDisk, leave(4 << 20)},
		{"the store is nearly as large as it may be", "store-writable", "WARN", http.StatusOK, func(t *testing.T) *place {
			p := newPlace(t, "")
			p.flags = []string{"--max-store-size", "1MiB"}
			return p
		}, makeMany},
		{"the disk hangs", "last-commit", "WARN", http.StatusOK, traceable, breakCall("fdatasync:delay_enter=8000000")},
		{"the disk fails", "store-writable", "DOWN", http.StatusServiceUnavailable, traceable, breakCall("fdatasync:error=EIO")},
		{"the file of the store is another one", "store-writable", "DOWN", http.StatusServiceUnavailable, func(t *testing.T) *place { return newPlace(t, "") }, moveAway},
		{"the new certificate cannot be read", "tls-certificate", "WARN", http.StatusOK, certified(time.Hour), spoilCertificate},
		{"the certificate ends", "tls-certificate", "DOWN", http.StatusOK, certified(3 * time.Second), leaveAlone},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := c.prepare(t)
			s := p.start(t)
			a := p.api(s)
			if got := health(t, a, c.check); got == c.state {
				t.Fatalf("%s is %s before anything is broken", c.check, got)
			}
			c.fault(t, p, s, a)
			began := time.Now()
			for health(t, a, c.check) != c.state {
				if time.Since(began) > 20*time.Second {
					t.Fatalf("%s is still %s", c.check, health(t, a, c.check))
				}
				time.Sleep(20 * time.Millisecond)
			}
			t.Logf("%s is %s after %.1f s", c.check, c.state, time.Since(began).Seconds())
			if code, text, err := a.get("/readyz", ""); err != nil || code != c.ready || len(strings.Fields(text)) > 2 {
				t.Errorf("/readyz says %d %q, %v; want %d and no reason", code, text, err, c.ready)
			}
		})
	}
}

// health returns the state of one check.
func health(t *testing.T, a *api, name string) string {
	t.Helper()
	_, text, err := a.get("/api/v1/health-json", a.root)
	must(t, err)
	var got struct {
		OKs, Warnings, Down []struct{ Name, Status, StatusMessage string }
	}
	must(t, json.Unmarshal([]byte(text), &got))
	for _, c := range append(append(got.OKs, got.Warnings...), got.Down...) {
		if c.Name == name {
			return c.Status
		}
	}
	t.Fatalf("there is no check %s in %s", name, text)
	return ""
}

// makeOne makes a token; nobody waits for what becomes of it.
func makeOne(_ *testing.T, _ *place, _ *server, a *api) { go a.create("x") }

// makeMany makes tokens with long names.
func makeMany(t *testing.T, _ *place, _ *server, a *api) {
	t.Helper()
	for n := range 600 {
		if _, err := a.create(strings.Repeat("x", 150) + fmt.Sprint(n)); err != nil {
			return // it is full
		}
	}
}

// blockedPipe writes audit lines to a small pipe whose reader does not read.
func blockedPipe(t *testing.T) *place {
	t.Helper()
	p := newPlace(t, "")
	pipe := filepath.Join(t.TempDir(), "pipe")
	must(t, unix.Mkfifo(pipe, 0o600))
	reader, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	must(t, err)
	t.Cleanup(func() { reader.Close() })
	if _, err := unix.FcntlInt(reader.Fd(), unix.F_SETPIPE_SZ, 4096); err != nil {
		t.Skipf("SKIPPED: the pipe cannot be made small: %v", err)
	}
	p.flags = []string{"--audit-file", pipe}
	return p
}

func onSmallDisk(t *testing.T) *place {
	t.Helper()
	return newPlace(t, filepath.Join(mountTmpfs(t, "400m"), "data"))
}

// leave fills the disk but for so many bytes.
func leave(bytes int64) func(*testing.T, *place, *server, *api) {
	return func(t *testing.T, p *place, _ *server, _ *api) {
		t.Helper()
		var s unix.Statfs_t
		must(t, unix.Statfs(p.data, &s))
		must(t, fill(filepath.Join(p.data, "filler"), int64(s.Bavail)*s.Bsize-bytes))
	}
}

func traceable(t *testing.T) *place {
	t.Helper()
	needRoot(t, "strace")
	return newPlace(t, "")
}

// breakCall makes a system call of the server fail from now on, and changes
// something.
func breakCall(fault string) func(*testing.T, *place, *server, *api) {
	return func(t *testing.T, p *place, s *server, a *api) {
		t.Helper()
		call, _, _ := strings.Cut(fault, ":")
		tracer := exec.Command("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace="+call, "-e", "inject="+fault, "-p", fmt.Sprint(s.cmd.Process.Pid))
		if err := tracer.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { tracer.Process.Kill(); _ = tracer.Wait() }) // which it reports
		allTraced(t, s)
		makeOne(t, p, s, a)
	}
}

// allTraced waits until all threads of the server are traced.
func allTraced(t *testing.T, s *server) {
	t.Helper()
	for range 500 {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", s.cmd.Process.Pid))
		must(t, err)
		all := len(threads) > 0
		for _, path := range threads {
			text, err := os.ReadFile(path)
			all = all && err == nil && !strings.Contains(string(text), "TracerPid:\t0\n")
		}
		if all {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Skip("SKIPPED: strace does not attach")
}

func moveAway(t *testing.T, p *place, s *server, a *api) {
	t.Helper()
	path := boltfile.Path(p.data)
	must(t, os.Rename(path, path+".away"))
	makeOne(t, p, s, a)
}
