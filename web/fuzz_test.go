package web

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// pipes is a listener whose connections are made in memory.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	select {
	case <-p.done:
	default:
		close(p.done)
	}
	return nil
}

func (p *pipes) Addr() net.Addr { return pipeAddr{} }

// piped has an address, which one end of a net.Pipe has not.
type piped struct{ net.Conn }

func (piped) RemoteAddr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "192.0.2.7:1" }

// FuzzHTTPRaw sends any bytes to the whole server. Without the token it holds,
// which no input has, nothing is changed and nothing but pages, statuses and
// refusals comes back; and no handler panics.
func FuzzHTTPRaw(f *testing.F) {
	for _, request := range rawRequests(f, "nobody~nothing") {
		if len(request.bytes) < 4096 {
			f.Add([]byte(request.bytes))
		}
	}
	r := serving(f, func(o *settings) { o.LogLevel = slog.LevelWarn })
	ln := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	second := &http.Server{Handler: r.http.Handler, DisableGeneralOptionsHandler: true, MaxHeaderBytes: mostHeaders, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)}
	go second.Serve(ln)
	f.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		// Connections that are being closed take half a second.
		if err := second.Shutdown(ctx); err != nil {
			f.Error(err)
		}
		cancel()
	})
	f.Fuzz(func(t *testing.T, bytes []byte) {
		client, server := net.Pipe()
		defer client.Close()
		if err := client.SetDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		ln.conns <- piped{server}
		go func() {
			client.Write(bytes)
			client.Write([]byte("\r\n\r\n"))
		}()
		res, err := http.ReadResponse(bufio.NewReader(client), &http.Request{Method: "GET"})
		if err != nil {
			return // cut off, or still waiting for more
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(io.LimitReader(res.Body, 1<<16))
		switch {
		case res.StatusCode == 500:
			t.Errorf("%q: 500 %s", bytes, body)
		case strings.Contains(string(body), `"data"`):
			t.Errorf("%q: GraphQL answers without a credential: %s", bytes, body)
		case strings.Contains(r.err.String(), "panic"):
			t.Errorf("%q: %s", bytes, r.err)
		}
	})
}
