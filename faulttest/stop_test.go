package faulttest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestStoppedServersLoseNothing asks a server to stop while clients change
// things as fast as they can. Whoever was let in gets an answer: the only
// errors a client may see are that nobody listens any more, and that a new
// connection was not accepted. What was
// acknowledged is there afterwards.
func TestStoppedServersLoseNothing(t *testing.T) {
	p, k := newPlace(t, ""), newKnown()
	began := time.Now()
	stops, longest, loaded := rounds(100, 1000), time.Duration(0), time.Duration(0)
	for n := range stops {
		s := p.start(t)
		b := newBusy(p, s)
		if n == 0 {
			b.note(record{Op: "policy", N: 1}, b.api.policy(1)) // permissions may be changed
		}
		since := time.Now()
		b.begin()
		time.Sleep(time.Duration(20+rand.IntN(120)) * time.Millisecond)
		asked := time.Now()
		if code := s.stop(t); code != 0 {
			t.Fatalf("stop %d: the server ended with %d:\n%s", n, code, s.out)
		}
		longest, loaded = max(longest, time.Since(asked)), loaded+asked.Sub(since)
		k.learn(b.end(t, n))
		if n%20 == 19 || n == stops-1 {
			k.report(t, "after a stop", k.judge(p))
		}
	}
	t.Logf("%d stops in %.1f s, the longest of %.2f s: %d changes acknowledged, %.0f for each second until the stop, 0 lost, %d in doubt",
		stops, time.Since(began).Seconds(), longest.Seconds(), k.acked, float64(k.acked)/loaded.Seconds(), k.doubts)
	if longest > 21*time.Second {
		t.Errorf("a stop took %v", longest)
	}
}

// busyClients is how many change things at the same time.
const busyClients = 32

// A busy is an oracle within the test, for servers that are not to crash, and
// with them the machine: what it is told it keeps in memory.
type busy struct {
	*oracle
	api     *api
	halt    chan struct{}
	serving context.Context // is over when the server has ended
	ended   context.CancelFunc
	clients sync.WaitGroup
	keeping sync.WaitGroup
	records []record

	mu   sync.Mutex
	errs []error // but those of clients that nobody listened to
}

func newBusy(p *place, s *server) *busy {
	b := &busy{oracle: &oracle{list: make(chan entry)}, halt: make(chan struct{}), api: p.api(s)}
	b.serving, b.ended = context.WithCancel(context.Background())
	b.api.client = &http.Client{Timeout: 25 * time.Second, Transport: &timed{http.Transport{MaxIdleConnsPerHost: busyClients, DialContext: b.dial}}}
	b.saw = func(err error) {
		if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, errIdle) || errors.Is(err, errNotAccepted) {
			return
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.errs = append(b.errs, err)
	}
	b.keeping.Go(func() {
		for e := range b.list {
			b.records = append(b.records, e.record)
			close(e.done)
		}
	})
	return b
}

// dial gives up when the server has ended: a connection to it that the system
// takes for an old one is tried again only after a second. One that is reset
// before it stands came while the server closed its listener, and brought nothing.
func (b *busy) dial(_ context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(b.serving, network, address)
	if err != nil && (b.serving.Err() != nil || errors.Is(err, syscall.ECONNRESET)) {
		return nil, fmt.Errorf("%w: %w", syscall.ECONNREFUSED, err)
	}
	return conn, err
}

func (b *busy) begin() {
	for range busyClients {
		b.clients.Go(func() { b.work(b.api, b.halt) })
	}
}

// end ends the changes, to a server that has ended, and returns those that were
// made, or may have been. It fails the test if a client got no good answer from
// a server that listened.
func (b *busy) end(t *testing.T, round int) []record {
	t.Helper()
	close(b.halt)
	b.ended()
	b.clients.Wait()
	close(b.list)
	b.keeping.Wait()
	b.api.client.CloseIdleConnections()
	for i, err := range b.errs {
		if i == 3 {
			t.Errorf("… and %d more", len(b.errs)-i)
			break
		}
		t.Errorf("round %d: a client got %v", round, err)
	}
	return b.records
}

// lingerTime is for how long a stopping server waits for the next request on a
// connection.
const lingerTime = 500 * time.Millisecond

// errIdle means that a connection had been idle for longer than that before
// the request was sent, and may have been closed at the same moment.
var errIdle = errors.New("the connection was old")

// errNotAccepted means that the system made a connection and reset it before
// the server had accepted it.
var errNotAccepted = errors.New("the connection was new")

// A timed sends requests and knows how long their connections were idle.
type timed struct{ http.Transport }

// RoundTrip implements http.RoundTripper.
func (c *timed) RoundTrip(req *http.Request) (*http.Response, error) {
	var used, wrote time.Time
	fresh := false
	res, err := c.Transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn:      func(i httptrace.GotConnInfo) { used, fresh = time.Now().Add(-i.IdleTime), !i.Reused },
		WroteRequest: func(httptrace.WroteRequestInfo) { wrote = time.Now() },
	})))
	if err != nil && wrote.Sub(used) > lingerTime {
		err = fmt.Errorf("%w: %w", errIdle, err)
	}
	if fresh && errors.Is(err, syscall.ECONNRESET) {
		err = fmt.Errorf("%w: %w", errNotAccepted, err)
	}
	return res, err
}
