package web

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

	// reservedFiles is how many open files the server keeps for itself.
	reservedFiles = 64

	// busyText is the answer to a client that comes when the limit is reached.
	// It says nothing that differs between clients.
	busyText = "Too many clients are connected.\n"
	busyHead = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
)

// A ConnLimit limits how many connections a server has. A client that comes
// too late is told so at once, instead of waiting for a file descriptor that
// is never free. One client, other than a trusted proxy, may take half of the
// limit. It is safe for concurrent use.
type ConnLimit struct {
	max     int
	proxies []netip.Prefix
	busy    string // what a refused client is told; nothing over TLS
	log     *slog.Logger

	mu        sync.Mutex
	open      int
	perClient map[netip.Addr]int

	long    atomic.Int64 // clients that have sent more of a request than is usual
	refused atomic.Uint64
}

// NewConnLimit returns a limit of max connections, or of 10,000 if max is 0,
// but always fewer than files may be open. It refuses a max that the limit of
// open files does not allow. Over TLS a refused client is told nothing.
func NewConnLimit(max int, proxies []netip.Prefix, overTLS bool, log *slog.Logger) (*ConnLimit, error) {
	limit, err := connections(max)
	if err != nil {
		return nil, err
	}
	c := &ConnLimit{max: limit, proxies: proxies, log: log, perClient: map[netip.Addr]int{}}
	if !overTLS {
		c.busy = fmt.Sprintf(busyHead, len(busyText)) + busyText
	}
	return c, nil
}

// connections returns how many connections there may be: as many as the
// setting says, but fewer than files may be open.
func connections(set int) (int, error) {
	want := set
	if want == 0 {
		want = defaultConnections
	}
	files, err := platform.OpenFiles()
	if err != nil {
		return 0, fmt.Errorf("asking how many files may be open: %w", err)
	}
	most := int(min(files, 1<<30)) - reservedFiles
	if most < 1 {
		return 0, fmt.Errorf("only %d files may be open (ulimit -n); the server needs more than %d", files, reservedFiles)
	}
	if set > most {
		return 0, fmt.Errorf("--max-connections is %d, but only %d files may be open (ulimit -n), of which the server keeps %d for itself", want, files, reservedFiles)
	}
	return min(want, most), nil
}

// Max returns the limit.
func (c *ConnLimit) Max() int { return c.max }

// Connected returns how many clients are connected.
func (c *ConnLimit) Connected() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open
}

// Listener returns ln with the limit upon it.
func (c *ConnLimit) Listener(ln net.Listener) net.Listener { return &limited{ln, c} }

// limited is a listener that accepts no more than its limit allows.
type limited struct {
	net.Listener
	limit *ConnLimit
}

// Accept implements net.Listener.
func (l *limited) Accept() (net.Conn, error) {
	for {
		accepted, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if counted, ok := l.limit.enter(accepted); ok {
			return counted, nil
		}
		l.limit.refuse(accepted)
	}
}

// refuse does not wait: what it writes fits into the buffer of a new
// connection.
func (c *ConnLimit) refuse(conn net.Conn) {
	if c.refused.Add(1) == 1 {
		c.log.Warn("the limit of connections is reached; the setting --max-connections raises it", "max", c.max)
	}
	io.WriteString(conn, c.busy)
	if err := conn.Close(); err != nil {
		c.log.Debug("closing a connection beyond the limit", "err", err)
	}
}

// enter counts a connection, if the limit allows one more.
func (c *ConnLimit) enter(accepted net.Conn) (net.Conn, bool) {
	tcp, ok := accepted.(*net.TCPConn)
	if !ok {
		return accepted, true
	}
	whole := tcp.RemoteAddr().(*net.TCPAddr).AddrPort().Addr().Unmap().WithZone("")
	peer := subscriber(whole)
	trusted := slices.ContainsFunc(c.proxies, func(p netip.Prefix) bool { return p.Contains(whole) })
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open >= c.max || !trusted && c.perClient[peer] >= max(1, c.max/2) {
		return nil, false
	}
	limitBuffer(tcp)
	c.open++
	c.perClient[peer]++
	return &conn{TCPConn: tcp, limit: c, trusted: trusted, leave: sync.OnceFunc(func() { c.leave(peer) })}, true
}

func (c *ConnLimit) leave(peer netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open--
	if c.perClient[peer]--; c.perClient[peer] == 0 {
		delete(c.perClient, peer)
	}
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

// conn is a connection that was counted. It is a TCPConn in all else, so that
// net/http can close its two halves one after the other.
type conn struct {
	*net.TCPConn
	limit   *ConnLimit
	trusted bool // a proxy of ours
	read    longRead
	leave   func()
}

// Close implements net.Conn.
func (c *conn) Close() error {
	defer c.leave()
	c.read.end()
	return c.TCPConn.Close()
}
