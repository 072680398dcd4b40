package faulttest

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ends are the signals that the documents name as those that end the server.
var ends = map[syscall.Signal]bool{
	syscall.SIGINT: true, syscall.SIGTERM: true, syscall.SIGABRT: true, syscall.SIGKILL: true,
}

// TestNoOtherSignalEndsTheServer sends all there are, but for those that end it
// or stop it until it is told to go on.
func TestNoOtherSignalEndsTheServer(t *testing.T) {
	p := newPlace(t, "")
	s := p.start(t)
	a := p.api(s)
	const last = 64
	for n := syscall.Signal(1); n <= last; n++ {
		if ends[n] || n >= syscall.SIGCONT && n <= syscall.SIGTTOU {
			continue
		}
		must(t, s.cmd.Process.Signal(n))
		time.Sleep(5 * time.Millisecond)
		if code, err := a.status("/livez", ""); err != nil || code != http.StatusOK {
			t.Fatalf("after signal %d (%v): %d, %v\n%s", n, n, code, err, s.out)
		}
	}
	for until := time.Now().Add(10 * time.Second); !strings.Contains(s.out.String(), "cli.(*serve).Run("); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("SIGQUIT does not tell what the server does:\n%s", s.out)
		}
	}
	if code := s.stop(t); code != 0 {
		t.Errorf("the server ended with %d, want 0:\n%s", code, s.out)
	}
}

// TestAThousandHangupsEndNothing sends them during the start, while it serves,
// and while it drains.
func TestAThousandHangupsEndNothing(t *testing.T) {
	p := newPlace(t, "")
	file := filepath.Join(t.TempDir(), "audit.json")
	p.flags = []string{"--audit-file", file}
	s := p.launch(t)
	time.Sleep(50 * time.Millisecond) // a process that has not come to main cannot help it
	over, calm := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(calm)
		for n := 0; ; n++ {
			select {
			case <-over:
				return
			default:
			}
			if s.cmd.Process.Signal(syscall.SIGHUP) != nil && n < 1000 {
				t.Errorf("the server was gone after %d signals", n)
				return
			}
		}
	}()
	if !s.listens(30 * time.Second) {
		t.Fatalf("the server does not start:\n%s", s.out)
	}
	a := p.api(s)
	for range 50 {
		_, err := a.create("token")
		must(t, err)
	}
	must(t, s.cmd.Process.Signal(syscall.SIGTERM))
	if code := s.code(t, 25*time.Second); code != 0 {
		t.Errorf("the server ended with %d, want 0:\n%s", code, s.out)
	}
	close(over)
	<-calm
	written(t, file, 50)
}

// TestAsProcessOneTheServerLivesAndStopsAsElsewhere runs it as containers do.
func TestAsProcessOneTheServerLivesAndStopsAsElsewhere(t *testing.T) {
	needRoot(t, "unshare")
	p := newPlace(t, "")
	p.wrap = []string{"unshare", "--pid", "--fork", "--kill-child"}
	if out, err := exec.Command(p.wrap[0], append(p.wrap[1:], "true")...).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: no namespaces here: %s", out)
	}
	s := p.start(t)
	a := p.api(s)
	first := childOf(t, s.cmd.Process.Pid)
	for n := syscall.Signal(1); n <= 34; n++ {
		if ends[n] || n >= syscall.SIGCONT && n <= syscall.SIGTTOU {
			continue
		}
		must(t, syscall.Kill(first, n))
	}
	for range 1000 {
		must(t, syscall.Kill(first, syscall.SIGHUP))
	}
	if code, err := a.status("/livez", ""); err != nil || code != http.StatusOK {
		t.Fatalf("the server is gone: %d, %v\n%s", code, err, s.out)
	}
	must(t, syscall.Kill(first, syscall.SIGTERM))
	if code := s.code(t, 25*time.Second); code != 0 || !strings.Contains(s.out.String(), "stopping") {
		t.Errorf("the server ended with %d, want 0:\n%s", code, s.out)
	}
}

func childOf(t *testing.T, pid int) int {
	t.Helper()
	path := filepath.Join("/proc", strconv.Itoa(pid), "task", strconv.Itoa(pid), "children")
	text, err := os.ReadFile(path)
	must(t, err)
	child, err := strconv.Atoi(strings.TrimSpace(string(text)))
	must(t, err)
	return child
}
