package web

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

// from connects to the server from an address of this machine.
func (r *running) from(address string) net.Conn {
	r.t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	conn, err := d.Dial("tcp", r.Addr().String())
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		r.t.Fatal(err)
	}
	return conn
}

// alive asks over a connection whether the server lives, and returns the
// status; 0 if there is no answer.
func alive(conn net.Conn) int {
	io.WriteString(conn, stillThere)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

func TestConnLimit_OneClientMayTakeHalfTheRoomAndTheOthersTheRest(t *testing.T) {
	r := serving(t, func(o *settings) { o.MaxConnections = 8 })
	var first []net.Conn
	for range 4 {
		conn := r.from("127.0.0.2")
		if got := alive(conn); got != 200 {
			t.Fatalf("a client that fits got %d", got)
		}
		first = append(first, conn)
	}
	turnedAway := func(address string) {
		t.Helper()
		conn := r.from(address)
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("who does not fit got %v, want an answer at once", err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if res.StatusCode != 503 || res.Header.Get("Retry-After") == "" || string(body) != busyText || err != nil {
			t.Errorf("who does not fit got %d %v %q, %v", res.StatusCode, res.Header, body, err)
		}
	}
	turnedAway("127.0.0.2")
	for i := range 4 {
		if got := alive(r.from(fmt.Sprintf("127.0.0.%d", 3+i))); got != 200 {
			t.Errorf("another client got %d, want 200", got)
		}
	}
	turnedAway("127.0.0.99")
	first[0].Close()
	for tries := 0; ; tries++ { // the server has to notice
		if got := alive(r.from("127.0.0.99")); got == 200 {
			break
		}
		if tries > 500 {
			t.Fatal("the room of who has left is not given to others")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if got := strings.Count(r.err.String(), "the limit of connections is reached"); got != 1 {
		t.Errorf("the log tells of it %d times, want once", got)
	}
}

func TestConnLimit_ATrustedProxyMayTakeAll(t *testing.T) {
	r := serving(t, func(o *settings) {
		o.MaxConnections = 4
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}
	})
	for range 4 {
		if got := alive(r.from("127.0.0.2")); got != 200 {
			t.Errorf("the proxy got %d, want 200", got)
		}
	}
}

func TestConnLimit_OverTLSWhoDoesNotFitIsCutOff(t *testing.T) {
	r := servingTLS(t, t.TempDir(), func(o *settings) { o.MaxConnections = 2 })
	r.from("127.0.0.2")
	for tries := 0; r.o.Limit.Connected() < 1 && tries < 1000; tries++ {
		time.Sleep(5 * time.Millisecond)
	}
	text, _ := io.ReadAll(r.from("127.0.0.2"))
	if len(text) != 0 {
		t.Errorf("who does not fit got %q, want nothing in plain text", text)
	}
}

// Slow clients hold no connection for longer than a request may take to be
// sent, and meanwhile the others are answered.
func TestSlowClientsAreCutOffAndKeepNobodyOut(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes as long as the server waits for a request")
	}
	r := serving(t, nil)
	const each = 60
	begin := map[string]string{
		"slow headers":        "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
		"a slow first line":   "GE",
		"nothing at all":      "",
		"a slow body":         "POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + r.root + "\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
		"slow chunks":         "POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + r.root + "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
		"a body of strangers": "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{",
	}
	ended := make(chan error, each*len(begin))
	for name, text := range begin {
		for range each {
			conn := r.dial()
			go func() {
				defer conn.Close()
				ended <- dribble(conn, text, name)
			}()
		}
	}
	for range 20 {
		if res, text := r.ask("POST", "/graphql", `{"query":"{viewer{username}}"}`, bearer(r.root)...); res.StatusCode != 200 {
			t.Errorf("an honest client got %d %s", res.StatusCode, text)
		}
		time.Sleep(50 * time.Millisecond)
	}
	for range each * len(begin) {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// dribble sends a byte every half second until the server ends the connection.
func dribble(conn net.Conn, begin, name string) error {
	over := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		io.WriteString(conn, begin)
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
			}
			if begin != "" {
				io.WriteString(conn, "a")
			}
		}
	})
	_, err := io.Copy(io.Discard, conn)
	close(over)
	writer.Wait()
	if err != nil && strings.Contains(err.Error(), "timeout") {
		return fmt.Errorf("%s: the server did not end the connection", name)
	}
	return nil
}
