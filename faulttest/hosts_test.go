package faulttest

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tokenscale/faulttest/hosts"
)

// A host is one of a network, from which the server is asked.
type host struct{ *hosts.Host }

// newNetwork makes hosts that reach each other over one switch.
func newNetwork(t *testing.T, names ...string) map[string]*host {
	t.Helper()
	needRoot(t, "ip", "nsenter")
	fabric := hosts.NewNamespace(t, "switch")
	hosts.IP(t, "-n", fabric, "link", "add", "switch", "up", "type", "bridge")
	made := map[string]*host{}
	for i, name := range names {
		h := &host{&hosts.Host{Name: hosts.NewNamespace(t, name), V4: fmt.Sprintf("198.18.7.%d", i+1), V6: fmt.Sprintf("fd00:7::%x", i+1)}}
		port := fmt.Sprint("port", i)
		hosts.IP(t, "-n", h.Name, "link", "add", "eth0", "type", "veth", "peer", "name", port, "netns", fabric)
		hosts.IP(t, "-n", fabric, "link", "set", port, "master", "switch", "up")
		hosts.IP(t, "-n", h.Name, "addr", "add", h.V4+"/24", "dev", "eth0")
		hosts.IP(t, "-n", h.Name, "addr", "add", h.V6+"/64", "dev", "eth0", "nodad")
		hosts.IP(t, "-n", h.Name, "link", "set", "lo", "up")
		hosts.IP(t, "-n", h.Name, "link", "set", "eth0", "up")
		made[name] = h
	}
	return made
}

func (h *host) listen(t *testing.T, address string) net.Listener {
	t.Helper()
	var l net.Listener
	must(t, h.At(func() (err error) {
		l, err = net.Listen("tcp", address)
		return err
	}))
	return l
}

// transport sends requests from the host, each over a connection of its own.
func (h *host) transport() http.RoundTripper {
	return resent{&http.Transport{DialContext: h.Dial, DisableKeepAlives: true}}
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
