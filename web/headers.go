package web

import (
	"crypto/tls"
	"io"
	"maps"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// net/http has one limit for what stands in front of a body, and buffers up to
// it before anybody sees the address. So the limit is that of the address which
// needs most; the others refuse what is beyond theirs; and while a request is
// read, only so many clients may have sent more than is usual. Else a stranger
// could fill the memory with beginnings of requests.

// longAtOnce is how many clients may send more than usualHeaders at once.
const longAtOnce = 256

// tooLong answers a request with more in front of its body than is usual.
func tooLong(w http.ResponseWriter, r *http.Request) bool {
	size := len(r.Method) + len(r.RequestURI) + len(r.Host)
	for name, lines := range r.Header {
		for _, line := range lines {
			size += len(name) + len(line) + len(": \r\n")
		}
	}
	if size <= usualHeaders {
		return false
	}
	w.Header().Set("Connection", "close")
	text(w, http.StatusRequestHeaderFieldsTooLarge, "The headers of this request are too long.")
	return true
}

// forget drops the headers that nobody reads where a proxy asks: a refusal may
// be delayed, and they are long.
func forget(r *http.Request) {
	maps.DeleteFunc(r.Header, func(name string, _ []string) bool {
		return name != "Authorization" && name != "Connection" && name != "Expect"
	})
}

// A longRead counts what a client has sent of a request that is not yet whole.
// It is safe for concurrent use.
type longRead struct {
	mu    sync.Mutex
	sent  int
	whole bool
	place *atomic.Int64 // where this client is counted; nil while it is not
}

// noteHeaders tells a connection when a request is whole, and when the next
// one may begin.
func noteHeaders(accepted net.Conn, state http.ConnState) {
	if secure, ok := accepted.(*tls.Conn); ok {
		accepted = secure.NetConn()
	}
	c, ok := accepted.(*conn)
	if !ok {
		return
	}
	switch state {
	case http.StateActive:
		c.read.mu.Lock()
		defer c.read.mu.Unlock()
		c.read.whole = true
	case http.StateIdle:
		c.read.end()
	}
}

// end makes room for another client; what is read next begins a request.
func (l *longRead) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.place != nil {
		l.place.Add(-1)
	}
	l.sent, l.whole, l.place = 0, false, nil
}

// add counts n bytes more, and reports whether there is room for the client.
func (l *longRead) add(n int, at *atomic.Int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent += n
	if l.whole || l.sent <= usualHeaders || l.place != nil {
		return true
	}
	if at.Add(1) > longAtOnce {
		at.Add(-1)
		return false
	}
	l.place = at
	return true
}

// Read implements net.Conn. A client that has sent more than is usual while
// too many others do the same is told that the server is busy, and its
// connection ends. Trusted proxies begin to send when they have read all of a
// request.
func (c *conn) Read(b []byte) (int, error) {
	n, err := c.TCPConn.Read(b)
	if c.trusted || c.read.add(n, &c.limit.long) {
		return n, err
	}
	c.limit.refused.Add(1)
	io.WriteString(c.TCPConn, c.limit.busy)
	return 0, io.EOF
}
