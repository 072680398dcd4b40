package faulttest

import (
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A halfOpen is a client that begins a request and sends no more of it.
type halfOpen struct {
	mu   sync.Mutex
	open []net.Conn
	busy int // who was turned away at once
}

// arrive opens connections from many addresses, and begins a request on each.
func (h *halfOpen) arrive(t *testing.T, s *server, n int) {
	t.Helper()
	from, begins := addresses(8), []string{"", "GE", "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: a"}
	var all sync.WaitGroup
	for worker := range 16 {
		all.Go(func() {
			for i := worker; i < n; i += 16 {
				c := caller{addr: address(s), from: from[i%len(from)]}
				if err := c.dial(); err != nil {
					t.Error(err)
					return
				}
				if _, err := c.conn.Write([]byte(begins[i%len(begins)])); err != nil {
					t.Error(err)
				}
				h.mu.Lock()
				h.open = append(h.open, c.conn)
				h.mu.Unlock()
			}
		})
	}
	all.Wait()
}

// leave waits until the server has ended all connections.
func (h *halfOpen) leave(t *testing.T) {
	t.Helper()
	var all sync.WaitGroup
	for _, conn := range h.open {
		all.Go(func() {
			defer conn.Close()
			must(t, conn.SetReadDeadline(time.Now().Add(time.Minute)))
			first := make([]byte, len("HTTP/1.1 503"))
			n, _ := conn.Read(first)
			for buffer := make([]byte, 512); ; {
				if _, err := conn.Read(buffer); err != nil {
					if errors.Is(err, os.ErrDeadlineExceeded) {
						t.Error("the server did not end a connection within a minute")
					}
					break
				}
			}
			if string(first[:n]) == "HTTP/1.1 503" {
				h.mu.Lock()
				h.busy++
				h.mu.Unlock()
			}
		})
	}
	all.Wait()
}

// needFiles skips a test unless that many files may be open.
func needFiles(t *testing.T, n uint64) {
	t.Helper()
	var files unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &files))
	if files.Cur < n {
		t.Skipf("SKIPPED: only %d files may be open, the test needs %d", files.Cur, n)
	}
}

// TestHalfOpenConnectionsKeepNobodyOutAndAreEnded opens ten thousand connections
// that never send a whole request. One address may take half of the room, so
// they come from eight.
func TestHalfOpenConnectionsKeepNobodyOutAndAreEnded(t *testing.T) {
	n := rounds(2_000, 10_000)
	needFiles(t, uint64(n)+1_500)
	p := newPlace(t, "")
	p.flags = []string{"--max-connections", strconv.Itoa(n + 100)}
	s := p.start(t)
	request := question(p.root, "{ viewer { id } }")
	ok := func(status int, _ []byte) bool { return status == http.StatusOK }
	idle, before := honest(t, s, request, ok, after(2*time.Second)), resident(t, s)
	var h halfOpen
	began, done := time.Now(), make(chan struct{})
	go func() {
		h.arrive(t, s, n)
		t.Logf("%d connections opened in %v; memory %.1f to %.1f MiB", n, time.Since(began).Round(time.Millisecond), mib(before), mib(resident(t, s)))
		h.leave(t)
		close(done)
	}()
	waited := honest(t, s, request, ok, done)
	t.Logf("all were ended %v after the first came; %d were turned away; honest: idle %v; meanwhile %v", time.Since(began).Round(10*time.Millisecond), h.busy, idle, waited)
	if h.busy != 0 {
		t.Errorf("%d of %d were turned away, want none: there is room for %d", h.busy, n, n+100)
	}
	if grown := resident(t, s) - before; grown > 250<<20 {
		t.Errorf("the server took %d bytes more, want at most 250 MiB", grown)
	}
}

// TestAServerWithFewFilesAnswersOrSaysThatItIsBusy gives a server 256 files and
// opens a thousand connections. An honest client gets its answer, or 503 at once
// and its answer once there is room.
func TestAServerWithFewFilesAnswersOrSaysThatItIsBusy(t *testing.T) {
	if _, err := exec.LookPath("prlimit"); err != nil {
		t.Skip("SKIPPED: there is no prlimit")
	}
	p := newPlace(t, "")
	p.wrap = []string{"prlimit", "--nofile=256:256"}
	s := p.start(t)
	var h halfOpen
	done := make(chan struct{})
	go func() { h.arrive(t, s, 1000); h.leave(t); close(done) }()
	seen := map[int]int{}
	c := caller{addr: address(s)}
	defer c.hangUp()
	ask := func() int {
		c.hangUp() // as one that was never here before
		status, _, err := c.do(question(p.root, "{ viewer { id } }"))
		if err != nil {
			t.Fatalf("an honest client got %v, want an answer", err)
		}
		seen[status]++
		return status
	}
	for more := true; more; time.Sleep(20 * time.Millisecond) {
		ask()
		select {
		case <-done:
			more = false
		default:
		}
	}
	t.Logf("1000 half-open connections, of which %d were turned away; honest answers by status: %v", h.busy, seen)
	if h.busy == 0 || seen[200] == 0 || seen[200]+seen[503] != sum(seen) {
		t.Errorf("%d were turned away, the honest client got %v; want some, and 200 or 503", h.busy, seen)
	}
	if status := ask(); status != http.StatusOK {
		t.Errorf("when they had gone the honest client got %d, want 200", status)
	}
}
