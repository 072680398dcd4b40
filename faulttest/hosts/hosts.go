//go:build linux

package hosts

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// A Host is a network namespace. Nothing leads from it to anywhere but the other hosts of its
// network.
type Host struct {
	Name   string // of the namespace
	V4, V6 string // its addresses; V6 is empty if it has none
}

// namespaces has those of tests that run at the same time have names of their own.
var namespaces atomic.Int64

// NewNamespace makes a namespace that is there until the test ends. The test is skipped if there
// can be none.
func NewNamespace(tb testing.TB, name string) string {
	tb.Helper()
	name = fmt.Sprintf("tokenscale-%d-%d-%s", os.Getpid(), namespaces.Add(1), name)
	if out, err := exec.Command("ip", "netns", "add", name).CombinedOutput(); err != nil {
		tb.Skipf("SKIPPED: there can be no network namespace: %s", out)
	}
	tb.Cleanup(func() { IP(tb, "netns", "del", name) })
	return name
}

// IP runs the program ip.
func IP(tb testing.TB, args ...string) {
	tb.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		tb.Fatalf("ip %s: %s", strings.Join(args, " "), out)
	}
}

// At does something on the host. A socket stays where it was made, so whatever uses it later may be
// anywhere. The thread comes back: if it ended, so would the processes that it once started and
// that are to end with their parent.
func (h *Host) At(do func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		here, err := os.Open("/proc/thread-self/ns/net")
		if err == nil {
			defer here.Close() //nolint:errcheck // it was only read
			err = h.enter()
		}
		if err != nil {
			done <- err
			return
		}
		err = do()
		if back := unix.Setns(int(here.Fd()), unix.CLONE_NEWNET); back == nil {
			runtime.UnlockOSThread() // else the thread ends with this
		}
		done <- err
	}()
	return <-done
}

// enter takes the thread to the host.
func (h *Host) enter() error {
	there, err := os.Open(h.path())
	if err != nil {
		return err
	}
	defer there.Close() //nolint:errcheck // it was only read
	return unix.Setns(int(there.Fd()), unix.CLONE_NEWNET)
}

// Dial connects from the host.
func (h *Host) Dial(ctx context.Context, network, address string) (c net.Conn, err error) {
	err = h.At(func() error {
		c, err = new(net.Dialer).DialContext(ctx, network, address)
		return err
	})
	return c, err
}

// Command returns a command that runs on the host.
func (h *Host) Command(program string, args ...string) *exec.Cmd {
	wrap := h.Wrap()
	return exec.Command(wrap[0], append(append(wrap[1:], program), args...)...)
}

// Wrap returns the words before a command that have it run on the host. They are not those of
// `ip netns exec`, which copies all mounts for as long as the command runs: a disk that a test of
// another package unmounts meanwhile would go on, and so would its power cut.
func (h *Host) Wrap() []string { return []string{"nsenter", "--net=" + h.path()} }

func (h *Host) path() string { return filepath.Join("/run/netns", h.Name) }
