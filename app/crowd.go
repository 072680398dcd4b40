package app

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"tokenscale/platform"
)

const (
	// defaultConnections is how many clients may be connected unless a setting
	// says otherwise. Half-open ones take about 20 KiB each.
	defaultConnections = 10_000

	// keptFiles is how many files the server keeps for itself.
	keptFiles = 64

	// busyText is the answer to who comes when there is no room. It says
	// nothing that differs between clients.
	busyText = "Too many clients are connected.\n"
	busyHead = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
)

// A crowd is a listener that lets in only as many as there is room for. Who
// comes too late is told so at once, instead of waiting for a file that is
// never free. One client, other than a trusted proxy, may take half the room.
type crowd struct {
	net.Listener
	room    int
	proxies []netip.Prefix
	busy    string // what to say to who does not fit; nothing over TLS
	log     *slog.Logger

	mu     sync.Mutex
	inside int
	each   map[netip.Addr]int

	long       atomic.Int64 // clients who have sent more of a request than is usual
	turnedAway atomic.Uint64
}

// newCrowd returns a crowd that still needs its listener.
func (a *App) newCrowd() (*crowd, error) {
	room, err := a.room()
	if err != nil {
		return nil, err
	}
	c := &crowd{room: room, proxies: prefixes(a.opts.TrustedProxies), log: a.log, each: map[netip.Addr]int{}}
	if a.tls == nil {
		c.busy = fmt.Sprintf(busyHead, len(busyText)) + busyText
	}
	return c, nil
}

// room returns how many may be connected: as the setting says, but fewer than
// files may be open.
func (a *App) room() (int, error) {
	want := a.opts.MaxConnections
	if want == 0 {
		want = defaultConnections
	}
	files, err := platform.OpenFiles()
	if err != nil {
		return 0, fmt.Errorf("asking how many files may be open: %w", err)
	}
	most := int(min(files, 1<<30)) - keptFiles
	if most < 1 {
		return 0, fmt.Errorf("only %d files may be open (ulimit -n); the server needs more than %d", files, keptFiles)
	}
	if a.opts.MaxConnections > most {
		return 0, fmt.Errorf("--max-connections is %d, but only %d files may be open (ulimit -n), of which the server keeps %d for itself", want, files, keptFiles)
	}
	return min(want, most), nil
}

// Accept implements net.Listener.
func (c *crowd) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		guest, ok := c.enter(conn)
		if ok {
			return guest, nil
		}
		c.turnAway(conn)
	}
}

// turnAway does not wait: what it writes fits into the buffer of a new
// connection.
func (c *crowd) turnAway(conn net.Conn) {
	if c.turnedAway.Add(1) == 1 {
		c.log.Warn("there is no room for more clients; the setting --max-connections makes some", "room", c.room)
	}
	io.WriteString(conn, c.busy)
	if err := conn.Close(); err != nil {
		c.log.Debug("closing the connection of a client that was turned away", "err", err)
	}
}

// enter counts a client in, if there is room.
func (c *crowd) enter(conn net.Conn) (net.Conn, bool) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return conn, true
	}
	whole := tcp.RemoteAddr().(*net.TCPAddr).AddrPort().Addr().Unmap().WithZone("")
	peer := subscriber(whole)
	free := slices.ContainsFunc(c.proxies, func(p netip.Prefix) bool { return p.Contains(whole) })
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inside >= c.room || !free && c.each[peer] >= max(1, c.room/2) {
		return nil, false
	}
	confine(tcp)
	c.inside++
	c.each[peer]++
	return &guest{TCPConn: tcp, crowd: c, trusted: free, leave: sync.OnceFunc(func() { c.leave(peer) })}, true
}

func (c *crowd) leave(peer netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inside--
	if c.each[peer]--; c.each[peer] == 0 {
		delete(c.each, peer)
	}
}

// connected returns how many are connected.
func (c *crowd) connected() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.inside
}

// subscriber returns whom an address belongs to: for IPv6 its network of 64
// bits, which is what one subscriber has.
func subscriber(addr netip.Addr) netip.Addr {
	if addr.Is6() {
		if p, err := addr.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return addr
}

// guest is the connection of a client that was counted in. It is a TCPConn in
// all else, so that net/http can close its two halves one after the other.
type guest struct {
	*net.TCPConn
	crowd   *crowd
	trusted bool // a proxy of ours
	read    longRead
	leave   func()
}

// Close implements net.Conn.
func (g *guest) Close() error {
	defer g.leave()
	g.read.end()
	return g.TCPConn.Close()
}
