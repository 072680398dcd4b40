package etcd

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"

	"tokenscale/store"
)

// A cable leads from a node to a member, and can be cut.
type cable struct {
	ln   net.Listener
	dial func() (net.Conn, error) // connects to the member

	mu    sync.Mutex
	cut   bool
	conns []net.Conn
	work  sync.WaitGroup
}

// newCable lays a cable to a member.
func newCable(t testing.TB, dial func() (net.Conn, error)) *cable {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	c := &cable{ln: ln, dial: dial}
	c.work.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			c.carry(conn)
		}
	})
	t.Cleanup(func() {
		must(t, ln.Close())
		c.set(true)
		c.work.Wait()
	})
	return c
}

func (c *cable) endpoint() string { return "http://" + c.ln.Addr().String() }

// carry carries what the two sides say until the cable is cut.
func (c *cable) carry(near net.Conn) {
	far, err := c.dial()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil || c.cut {
		_ = near.Close()
		if far != nil {
			_ = far.Close()
		}
		return
	}
	c.conns = append(c.conns, near, far)
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		c.work.Go(func() {
			_, _ = io.Copy(way[0], way[1]) // until one of them is closed
			_ = way[0].Close()
			_ = way[1].Close()
		})
	}
}

// set cuts the cable, or mends it.
func (c *cable) set(cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut = cut; cut {
		for _, conn := range c.conns {
			_ = conn.Close()
		}
		c.conns = nil
	}
}

// missed cuts a node off while others write and what they wrote is compacted away, again and again,
// and returns how often it then had other rows than they.
func missed(t *testing.T, rounds int, how ...func(*Options)) (wrong int) {
	endpoints := members(t, 1)
	a := node(t, endpoints, "a")
	line := newCable(t, func() (net.Conn, error) { return net.Dial("unix", strings.TrimPrefix(endpoints[0], "unix://")) })
	b := node(t, []string{line.endpoint()}, "b", how...)
	for round := range rounds {
		line.set(true)
		for n := range 5 {
			must(t, a.Update(t.Context(), func(w store.Writer) error {
				return w.Put("left", fmt.Append(nil, "k", (round*3+n)%40), fmt.Append(nil, round))
			}))
		}
		must(t, a.Update(t.Context(), func(w store.Writer) error { return w.Delete("left", fmt.Append(nil, "k", round%40)) }))
		_, err := a.client.Compact(t.Context(), newestOf(t, a).revision)
		must(t, err)
		line.set(false)
		must(t, a.Update(t.Context(), func(w store.Writer) error { return w.Put("left", []byte("end"), fmt.Append(nil, round)) }))
		eventually(t, "the node hears of what is new", func() bool { return valueOf(t, b, "end") == fmt.Sprint(round) })
		if keysOf(t, a) != keysOf(t, b) || valueOf(t, a, "k1") != valueOf(t, b, "k1") {
			wrong++
		}
	}
	return wrong
}

func valueOf(t testing.TB, db *DB, key string) (value string) {
	t.Helper()
	must(t, db.View(t.Context(), func(r store.Reader) error {
		v, err := r.Get("left", []byte(key))
		value = string(v)
		return err
	}))
	return value
}

func TestANodeThatWasCutOffMissesNothingThatWasCompactedMeanwhile(t *testing.T) {
	rounds := 20
	if os.Getenv("SOAK") != "" {
		rounds = 200
	}
	if wrong := missed(t, rounds); wrong > 0 {
		t.Errorf("after %d of %d cuts the node has other rows", wrong, rounds)
	}
}

func TestControl_WhoGoesOnBehindACompactionMissesWhatWasThere(t *testing.T) {
	if wrong := missed(t, 3, func(o *Options) { o.controls.noResync = true }); wrong == 0 {
		t.Error("nothing was missed: the test sees nothing")
	}
}
