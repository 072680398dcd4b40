package faulttest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A host is a network namespace with an address in each family. Nothing leads
// from it to anywhere but the other hosts of its network.
type host struct{ name, v4, v6 string }

// newNetwork makes hosts that reach each other over one switch.
func newNetwork(t *testing.T, names ...string) map[string]*host {
	t.Helper()
	needRoot(t, "ip")
	fabric := newNamespace(t, "switch")
	ip(t, "-n", fabric, "link", "add", "switch", "up", "type", "bridge")
	hosts := map[string]*host{}
	for i, name := range names {
		h := &host{newNamespace(t, name), fmt.Sprintf("198.18.7.%d", i+1), fmt.Sprintf("fd00:7::%x", i+1)}
		port := fmt.Sprint("port", i)
		ip(t, "-n", h.name, "link", "add", "eth0", "type", "veth", "peer", "name", port, "netns", fabric)
		ip(t, "-n", fabric, "link", "set", port, "master", "switch", "up")
		ip(t, "-n", h.name, "addr", "add", h.v4+"/24", "dev", "eth0")
		ip(t, "-n", h.name, "addr", "add", h.v6+"/64", "dev", "eth0", "nodad")
		ip(t, "-n", h.name, "link", "set", "lo", "up")
		ip(t, "-n", h.name, "link", "set", "eth0", "up")
		hosts[name] = h
	}
	return hosts
}

func newNamespace(t *testing.T, name string) string {
	t.Helper()
	name = fmt.Sprintf("tokenscale-%d-%s", os.Getpid(), name)
	if out, err := exec.Command("ip", "netns", "add", name).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: there can be no network namespace: %s", out)
	}
	t.Cleanup(func() { ip(t, "netns", "del", name) })
	return name
}

func ip(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %s", strings.Join(args, " "), out)
	}
}

// at does something on the host. A socket stays where it was made, so whatever
// uses it later may be anywhere.
func (h *host) at(do func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: a thread that was elsewhere ends with this
		done <- func() error {
			namespace, err := os.Open(filepath.Join("/run/netns", h.name))
			if err != nil {
				return err
			}
			defer namespace.Close()
			if err := unix.Setns(int(namespace.Fd()), unix.CLONE_NEWNET); err != nil {
				return err
			}
			return do()
		}()
	}()
	return <-done
}

func (h *host) dial(ctx context.Context, network, address string) (c net.Conn, err error) {
	err = h.at(func() error {
		c, err = new(net.Dialer).DialContext(ctx, network, address)
		return err
	})
	return c, err
}

func (h *host) listen(t *testing.T, address string) net.Listener {
	t.Helper()
	var l net.Listener
	must(t, h.at(func() (err error) {
		l, err = net.Listen("tcp", address)
		return err
	}))
	return l
}

// transport sends requests from the host, each over a connection of its own.
func (h *host) transport() http.RoundTripper {
	return resent{&http.Transport{DialContext: h.dial, DisableKeepAlives: true}}
}

// resent sends a request again whose connection was reset or refused. On a
// machine at full load a kernel sometimes does that between hosts as young as
// ours before the server, which listens, sees anything of it: its log, in full,
// has no line of the request.
type resent struct{ http.RoundTripper }

func (t resent) RoundTrip(r *http.Request) (res *http.Response, err error) {
	for range 40 {
		again := r.Clone(r.Context())
		if r.GetBody != nil {
			if again.Body, err = r.GetBody(); err != nil {
				return nil, err
			}
		}
		if res, err = t.RoundTripper.RoundTrip(again); !errors.Is(err, unix.ECONNRESET) && !errors.Is(err, unix.ECONNREFUSED) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	return res, err
}
