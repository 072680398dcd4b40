//go:build linux

package hosts

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A Packet is what goes from one host to another.
type Packet struct {
	From, To    string // the names that the hosts were made by
	Source, For int    // the ports of TCP; 0 for all else
}

// Touches reports whether a packet belongs to a connection that a host has to or at a port of TCP.
func (p Packet) Touches(host string, port int) bool {
	return (p.From == host || p.To == host) && (p.Source == port || p.For == port)
}

// A Fate is what becomes of a packet. The zero Fate lets it pass.
type Fate struct {
	Lost  bool
	Delay time.Duration
}

// Wires join hosts by a switch in this process, which lets a packet pass, or loses or delays it.
type Wires struct {
	Hosts map[string]*Host

	names []string // in the order of their addresses
	taps  []*os.File
	work  sync.WaitGroup

	mu   sync.Mutex
	fate func(Packet) Fate
}

// NewWires makes hosts that reach each other until the test ends. It needs root and /dev/net/tun;
// the test is skipped where there is none.
func NewWires(tb testing.TB, names ...string) *Wires {
	tb.Helper()
	w := &Wires{Hosts: map[string]*Host{}, names: names}
	for i, name := range names {
		h := &Host{Name: NewNamespace(tb, name), V4: fmt.Sprintf("198.18.9.%d", i+1)}
		tap, err := openTap(h)
		if err != nil {
			tb.Skipf("SKIPPED: there can be no network device of our own: %v", err)
		}
		w.taps = append(w.taps, tap)
		IP(tb, "-n", h.Name, "link", "set", "eth0", "address", fmt.Sprintf("02:00:00:00:00:%02x", i))
		IP(tb, "-n", h.Name, "addr", "add", h.V4+"/24", "dev", "eth0")
		IP(tb, "-n", h.Name, "link", "set", "lo", "up")
		IP(tb, "-n", h.Name, "link", "set", "eth0", "up")
		w.Hosts[name] = h
	}
	for i := range w.taps {
		w.work.Go(func() { w.carry(i) })
	}
	tb.Cleanup(w.close)
	return w
}

// openTap makes the network device eth0 of a host, and returns what goes in and out there.
func openTap(h *Host) (tap *os.File, err error) {
	err = h.At(func() error {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		request, err := unix.NewIfreq("eth0")
		if err != nil {
			return errors.Join(err, unix.Close(fd))
		}
		request.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
		if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
			return errors.Join(err, unix.Close(fd))
		}
		tap = os.NewFile(uintptr(fd), "tap of "+h.Name)
		return nil
	})
	return tap, err
}

func (w *Wires) close() {
	w.Let(nil)
	for _, tap := range w.taps {
		_ = tap.Close() // its reader ends
	}
	w.work.Wait()
}

// Let decides from now on by fate what becomes of each packet; nil lets all pass. fate may be
// called by many goroutines at once.
func (w *Wires) Let(fate func(Packet) Fate) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fate = fate
}

// carry carries what comes from one host until its device is closed.
func (w *Wires) carry(from int) {
	frame := make([]byte, 1<<16)
	for {
		n, err := w.taps[from].Read(frame)
		if err != nil {
			return
		}
		if n < 14 {
			continue
		}
		for to := range w.taps {
			// The last byte of an address is the number of its host; a multicast is for all others.
			if to != from && (frame[0]&1 == 1 || int(frame[5]) == to) {
				w.send(from, to, frame[:n])
			}
		}
	}
}

func (w *Wires) send(from, to int, frame []byte) {
	w.mu.Lock()
	fate := w.fate
	w.mu.Unlock()
	var f Fate
	if fate != nil {
		source, dest := ports(frame)
		f = fate(Packet{w.names[from], w.names[to], source, dest})
	}
	switch {
	case f.Lost:
	case f.Delay > 0:
		frame = append([]byte{}, frame...)
		time.AfterFunc(f.Delay, func() { _, _ = w.taps[to].Write(frame) }) // unless closed by then
	default:
		_, _ = w.taps[to].Write(frame) // a full queue loses packets, as any network does
	}
}

// ports returns the ports of a frame that carries TCP over IPv4, or zeros.
func ports(frame []byte) (source, dest int) {
	const ethernet, tcp = 14, 6
	if len(frame) < ethernet+20 || binary.BigEndian.Uint16(frame[12:]) != 0x0800 || frame[ethernet+9] != tcp {
		return 0, 0
	}
	segment := frame[ethernet:][int(frame[ethernet]&15)*4:]
	if len(segment) < 4 {
		return 0, 0
	}
	return int(binary.BigEndian.Uint16(segment)), int(binary.BigEndian.Uint16(segment[2:]))
}
