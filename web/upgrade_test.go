package web

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"strings"
	"testing"
)

// There are no streams: nothing outlives the answer in which its caller's
// token was judged. So no connection becomes another protocol, for nobody, and
// nothing is sent in events.
func TestNoConnectionIsUpgradedAndNothingIsStreamed(t *testing.T) {
	r := serving(t, nil)
	socket := "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: graphql-transport-ws"
	for _, path := range []string{"/", "/graphql", "/api/v1/status", "/api/v1/authorize", "/api/v1/session", "/metrics", "/livez", "/docs/api-explorer", "/nothing"} {
		for _, upgrade := range []string{socket, "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA", "Upgrade: TLS/1.2", "Upgrade: anything"} {
			for _, method := range []string{"GET", "POST", "CONNECT", "OPTIONS"} {
				got, _ := r.exchange(fmt.Sprintf("%s %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nOrigin: %s\r\nConnection: Upgrade\r\n%s\r\nContent-Length: 0\r\n\r\n", method, path, r.root, r.url, upgrade), 1)
				if strings.HasPrefix(got, "101") || !strings.HasSuffix(got, "open") && !strings.HasSuffix(got, "closed") {
					t.Errorf("%s %s with %.20q: %s", method, path, upgrade, got)
				}
			}
		}
	}
	for _, accept := range []string{"text/event-stream", "multipart/mixed; boundary=graphql; subscriptionSpec=1.0, application/json"} {
		res, text := r.ask("POST", "/graphql", `{"query":"subscription { tokens { id } }"}`, append(bearer(r.root), "Accept", accept)...)
		if kind := res.Header.Get("Content-Type"); strings.Contains(kind, "event-stream") || strings.Contains(kind, "multipart") || !strings.Contains(text, "errors") && res.StatusCode != 406 {
			t.Errorf("with Accept %s: %d %s %s", accept, res.StatusCode, kind, text)
		}
	}
}

// HTTP/2 has a way of its own to open a tunnel, which a client may use only if
// the server offers it.
func TestHTTP2OffersNoTunnels(t *testing.T) {
	r := servingTLS(t, t.TempDir(), nil)
	conn, err := tls.Dial("tcp", r.Addr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"); err != nil {
		t.Fatal(err)
	}
	in, head := bufio.NewReader(conn), make([]byte, 9)
	if _, err := io.ReadFull(in, head); err != nil || head[3] != 4 {
		t.Fatalf("the first frame is %x, %v; want its settings", head, err)
	}
	settings := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
	if _, err := io.ReadFull(in, settings); err != nil {
		t.Fatal(err)
	}
	const enableConnect = 8
	for at := 0; at+6 <= len(settings); at += 6 {
		if int(settings[at])<<8|int(settings[at+1]) == enableConnect && settings[at+5] != 0 {
			t.Error("the server offers tunnels (RFC 8441)")
		}
	}
	if len(settings) == 0 {
		t.Error("the server sent no settings, so the test shows nothing")
	}
}
