package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// orders is the other service. It says what it was asked.
type orders struct {
	address string
	mu      sync.Mutex
	asked   int
}

// What orders says of a request.
type seen struct {
	Host, Method, Path, Query, Body string
	Header                          http.Header
}

func startOrders(t *testing.T) *orders {
	t.Helper()
	o := &orders{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		o.asked++
		o.mu.Unlock()
		if r.Header.Get("Upgrade") == "websocket" && strings.EqualFold(r.Header.Get("Connection"), "upgrade") {
			conn, in, err := w.(http.Hijacker).Hijack()
			if err != nil {
				return
			}
			defer conn.Close()
			io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
			line, _ := in.ReadString('\n')
			io.WriteString(conn, "echo "+line)
			return
		}
		body, _ := io.ReadAll(r.Body)
		json.NewEncoder(w).Encode(seen{r.Host, r.Method, r.URL.EscapedPath(), r.URL.RawQuery, string(body), r.Header})
	}))
	t.Cleanup(s.Close)
	o.address = s.Listener.Addr().String()
	return o
}

func (o *orders) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.asked
}

// stranger is the address that the tests come from: not that of the proxy.
const stranger = "127.0.0.2"

// dial connects to the proxy under one of its names.
func (p *proxied) dial(host string) net.Conn {
	p.t.Helper()
	d := tls.Dialer{NetDialer: &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(stranger)}}, Config: &tls.Config{InsecureSkipVerify: true, ServerName: host}}
	conn, err := d.DialContext(p.t.Context(), "tcp", "127.0.0.1:"+p.port)
	if err != nil {
		p.t.Fatal(err)
	}
	return conn
}

// raw sends a request as it stands, but for its last header, and returns the
// answer with its body.
func (p *proxied) raw(host, method, target, body string, lines ...string) (*http.Response, string) {
	p.t.Helper()
	conn := p.dial(host)
	defer conn.Close()
	all := append([]string{method + " " + target + " HTTP/1.1", "Host: " + host}, lines...)
	if body != "" {
		all = append(all, fmt.Sprint("Content-Length: ", len(body)))
	}
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "Connection:") }) {
		all = append(all, "Connection: close")
	}
	go io.WriteString(conn, strings.Join(all, "\r\n")+"\r\n\r\n"+body)
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		p.t.Fatalf("%s %s%s: %v", method, host, target, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatalf("%s %s%s: %v", method, host, target, err)
	}
	return res, string(text)
}

// make makes a token and returns its string and its id.
func (p *proxied) make(name, more string) (string, string) {
	p.t.Helper()
	input := fmt.Sprintf("{name: %q, %s}", name, more)
	text := p.gql("mutation { createSystemToken(input: " + input + ") { token tokenMetadata { id } } }")
	m := regexp.MustCompile(`"token":"([^"]+)".*"id":"([^"]+)"`).FindStringSubmatch(text)
	if m == nil {
		p.t.Fatalf("no token was made: %s", text)
	}
	return m[1], m[2]
}

// gql asks the server directly, as root.
func (p *proxied) gql(query string) string {
	p.t.Helper()
	body, _ := json.Marshal(map[string]string{"query": query})
	req, err := http.NewRequest("POST", p.server.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header = http.Header{"Authorization": {"Bearer " + p.server.root}, "Content-Type": {"application/json"}}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return string(text)
}

const (
	atOrders = "orders.example.org"
	atAdmin  = "admin.example.org"
	atTokens = "tokens.example.org"
)

func basicOf(token string) string { return base64.StdEncoding.EncodeToString([]byte("any:" + token)) }

func bearerLine(token string) string { return "Authorization: Bearer " + token }

// attack tries what a caller can.
func (p *proxied) attack() {
	p.t.Run("who is let through", func(t *testing.T) { p.at(t).lets() })
	p.t.Run("what the service hears of the caller", func(t *testing.T) { p.at(t).tells() })
	p.t.Run("what the service hears of the request", func(t *testing.T) { p.at(t).passes() })
	p.t.Run("IP filters see the client", func(t *testing.T) { p.at(t).filters() })
	p.t.Run("web sockets", func(t *testing.T) { p.at(t).upgrades() })
	p.t.Run("the page at the root", func(t *testing.T) { p.at(t).serves(atTokens, "") })
	p.t.Run("the page below a path", func(t *testing.T) { p.at(t).serves(atOrders, "/tokens") })
}

func (p *proxied) at(t *testing.T) *proxied {
	here := *p
	here.t = t
	return &here
}

func (p *proxied) lets() {
	admin, _ := p.make("admin", "permissions: [ManageCluster, ReadHealthCheck]")
	bare, _ := p.make("bare", "permissions: []")
	gone, id := p.make("gone", "permissions: [ManageCluster]")
	p.gql(`mutation { deleteSystemToken(input: {id: "` + id + `"}) }`)
	for _, test := range []struct {
		name, host string
		headers    []string
		status     int
	}{
		{"no token", atOrders, nil, 401},
		{"a wrong token", atOrders, []string{bearerLine(bare[:len(bare)-1])}, 401},
		{"a deleted token", atAdmin, []string{bearerLine(gone)}, 401},
		{"a token in a cookie", atOrders, []string{"Cookie: Authorization=Bearer " + bare}, 401},
		{"two tokens", atOrders, []string{bearerLine(bare), bearerLine(admin)}, -1},
		{"a token without permissions where any will do", atOrders, []string{bearerLine(bare)}, 200},
		{"a token without permissions where one is needed", atAdmin, []string{bearerLine(bare)}, 403},
		{"the same, saying that it has it", atAdmin, []string{bearerLine(bare), "X-Token-Permissions: ManageCluster", "X-Original-URI: /", "X-Forwarded-Host: " + atOrders}, 403},
		{"a token with the permission", atAdmin, []string{bearerLine(admin)}, 200},
		{"the token as a password", atAdmin, []string{"Authorization: Basic " + basicOf(admin)}, 200},
		{"three cookies of 7.8 KB of another service", atOrders, []string{bearerLine(bare), "Cookie: a=" + strings.Repeat("a", 7800), "Cookie: b=" + strings.Repeat("b", 7800), "Cookie: c=" + strings.Repeat("c", 7800)}, 200},
	} {
		before := p.orders.count()
		for _, target := range []string{"/", "/admin?x=1&permission=None&permissions=ManageCluster", "/a/b%2Fc", "/api/v1/authorize?x"} {
			res, text := p.raw(test.host, "GET", target, "", test.headers...)
			if res.StatusCode != test.status && (test.status != -1 || res.StatusCode < 400) {
				p.t.Errorf("%s, %s: %d %s, want %d", test.name, target, res.StatusCode, text, test.status)
			}
			if res.StatusCode == 401 && !strings.HasPrefix(res.Header.Get("WWW-Authenticate"), "Bearer") {
				p.t.Errorf("%s: 401 without a challenge", test.name)
			}
		}
		if reached := p.orders.count() - before; (reached > 0) != (test.status == 200) {
			p.t.Errorf("%s: %d requests reached the service", test.name, reached)
		}
	}
	if res, _ := p.raw(atOrders, "GET", "/_authorize", "", bearerLine(admin)); res.Header.Get("X-Token-Id") != "" {
		p.t.Errorf("the caller asks in the proxy's place: %v", res.Header)
	}
	before := p.orders.count()
	if p.raw("evil.example.org", "GET", "/", "", bearerLine(bare)); p.orders.count() != before {
		p.t.Error("a name that nobody has set up reaches the service")
	}
}

// Spellings that some framework reads as X-Token-Id and its like.
func forged() (lines []string) {
	for _, name := range []string{"Id", "Name", "Permissions"} {
		for _, spelling := range []string{"X-Token-", "x-token-", "X-TOKEN-", "X_Token_", "x_token_", "X-Token_", "X_Token-", "x-toKEN_"} {
			lines = append(lines, spelling+name+": forged")
		}
	}
	return append(lines, "X-Token-Id: forged again", "X-Token-Permissions:", "X-Token-Name: ")
}

// claims returns what a service can take for one of our headers.
func claims(h http.Header) map[string][]string {
	found := map[string][]string{}
	for name, values := range h {
		as := strings.ReplaceAll(strings.ToLower(name), "_", "-")
		if strings.HasPrefix(as, "x-token-") {
			found[as] = append(found[as], values...)
		}
	}
	return found
}

func (p *proxied) asks(host, method, target, body string, lines ...string) seen {
	p.t.Helper()
	res, text := p.raw(host, method, target, body, lines...)
	var s seen
	if err := json.Unmarshal([]byte(text), &s); err != nil || res.StatusCode != 200 {
		p.t.Fatalf("%s %s: %d %.300s", method, target, res.StatusCode, text)
	}
	return s
}

func (p *proxied) tells() {
	long := strings.Repeat("\U0001f984", 253)
	for _, made := range []struct{ name, list, permissions, shown string }{
		{"Ann's, 50%", "ManageCluster, ReadHealthCheck", "ReadHealthCheck,ManageCluster", "Ann's, 50%25"},
		{"bare", "", "none", "bare"},
		{long, "ManageCluster", "ManageCluster", strings.Repeat("%F0%9F%A6%84", 253)},
	} {
		token, id := p.make(made.name, "permissions: ["+made.list+"]")
		want := map[string][]string{"x-token-id": {id}, "x-token-name": {made.shown}, "x-token-permissions": {made.permissions}}
		hosts := []string{atOrders}
		if made.list != "" {
			hosts = append(hosts, atAdmin)
		}
		for _, host := range hosts {
			for name, lines := range map[string][]string{
				"nothing forged":                  nil,
				"forged":                          forged(),
				"forged, and named in Connection": append(forged(), "Connection: close, X-Token-Id, X-Token-Name, X-Token-Permissions"),
				"named in Connection":             {"Connection: close, X-Token-Id, X-Token-Name, X-Token-Permissions, X-Forwarded-For"},
			} {
				s := p.asks(host, "GET", "/", "", append(lines, bearerLine(token), "Cookie: session=mine; tokenscale=theirs")...)
				if got := claims(s.Header); fmt.Sprint(got) != fmt.Sprint(want) {
					p.t.Errorf("%s, %s: the service hears %v, want %v", host, name, got, want)
				}
				for header := range s.Header {
					if as := strings.ToLower(header); as == "authorization" || as == "cookie" || as == "proxy-authorization" {
						p.t.Errorf("%s, %s: the service gets %s: %v", host, name, header, s.Header[header])
					}
				}
				if text := fmt.Sprint(s); strings.Contains(text, token[33:]) {
					p.t.Errorf("the service gets the token: %s", text)
				}
				if got := s.Header.Get("X-Forwarded-For"); got != stranger {
					p.t.Errorf("X-Forwarded-For is %q, want the client", got)
				}
			}
		}
	}
}

func (p *proxied) passes() {
	token, _ := p.make("any", "permissions: []")
	body := strings.Repeat("body ", 40_000)
	s := p.asks(atOrders, "POST", "/a/b?x=1&permission=PatchGlobal", body, bearerLine(token), "X-Token-Id: forged")
	if s.Method != "POST" || s.Path != "/a/b" || s.Query != "x=1&permission=PatchGlobal" || s.Body != body {
		p.t.Errorf("the service got %s %s?%s and %d bytes", s.Method, s.Path, s.Query, len(s.Body))
	}
	if s.Host != atOrders || s.Header.Get("X-Forwarded-Proto") != "https" {
		p.t.Errorf("the service was asked as %s by %s", s.Host, s.Header.Get("X-Forwarded-Proto"))
	}
	for _, method := range []string{"PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"} {
		if s := p.asks(atOrders, method, "/x", "", bearerLine(token)); s.Method != method {
			p.t.Errorf("%s came as %s", method, s.Method)
		}
	}
	for _, target := range []string{"//a//b", "/a/../../b", "/%2e%2e/%2e%2e/graphql", "/a;b/./c", "/%C3%BC?%zz"} {
		if res, text := p.raw(atOrders, "GET", target, "", bearerLine(token)); res.StatusCode != 200 && res.StatusCode != 400 {
			p.t.Errorf("%s: %d %.200s", target, res.StatusCode, text)
		}
		if res, text := p.raw(atOrders, "GET", target, ""); res.StatusCode != 401 && res.StatusCode != 400 {
			p.t.Errorf("%s without a token: %d %.200s", target, res.StatusCode, text)
		}
	}
}

func (p *proxied) filters() {
	text := p.gql(`mutation { near: createIPFilter(input: {name: "near", ipFilter: "allow 127.0.0.2"}) { id } far: createIPFilter(input: {name: "far", ipFilter: "allow 192.0.2.7"}) { id } }`)
	ids := regexp.MustCompile(`"id":"([^"]+)"`).FindAllStringSubmatch(text, -1)
	if len(ids) != 2 {
		p.t.Fatal(text)
	}
	near, _ := p.make("near", `permissions: [ReadHealthCheck], ipFilterId: "`+ids[0][1]+`"`)
	far, _ := p.make("far", `permissions: [], ipFilterId: "`+ids[1][1]+`"`)
	lies := [][]string{nil, {"X-Forwarded-For: 192.0.2.7"}, {"X-Forwarded-For: 192.0.2.7", "X-Forwarded-For: 192.0.2.7, 127.0.0.1"}, {"X_Forwarded_For: 192.0.2.7", "X-Real-IP: 192.0.2.7", "Forwarded: for=192.0.2.7", "Client-IP: 192.0.2.7"},
		{"X-Forwarded-For: 192.0.2.7", "Connection: close, X-Forwarded-For"}}
	for _, lie := range lies {
		for _, at := range [][2]string{{atOrders, "/"}, {atTokens, "/api/v1/health"}, {atOrders, "/tokens/api/v1/health"}} {
			if res, _ := p.raw(at[0], "GET", at[1], "", append(lie, bearerLine(far))...); res.StatusCode != 403 {
				p.t.Errorf("%v, %v: a filter for another address answered with %d", at, lie, res.StatusCode)
			}
			if res, _ := p.raw(at[0], "GET", at[1], "", append(lie, bearerLine(near))...); res.StatusCode != 200 {
				p.t.Errorf("%v, %v: a filter for this address answered with %d", at, lie, res.StatusCode)
			}
		}
	}
}

func (p *proxied) upgrades() {
	token, _ := p.make("socket", "permissions: []")
	ask := func(more string) (*http.Response, *bufio.Reader, net.Conn) {
		conn := p.dial(atOrders)
		io.WriteString(conn, "GET /socket HTTP/1.1\r\nHost: "+atOrders+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"+more+"\r\n")
		in := bufio.NewReader(conn)
		res, err := http.ReadResponse(in, &http.Request{Method: "GET"})
		if err != nil {
			p.t.Fatal(err)
		}
		return res, in, conn
	}
	res, in, conn := ask(bearerLine(token) + "\r\n")
	defer conn.Close()
	if res.StatusCode != 101 {
		p.t.Fatalf("a web socket got %d", res.StatusCode)
	}
	io.WriteString(conn, "hello\n")
	if line, err := in.ReadString('\n'); line != "echo hello\n" {
		p.t.Errorf("the web socket says %q, %v", line, err)
	}
	res, _, other := ask("")
	defer other.Close()
	if res.StatusCode != 401 {
		p.t.Errorf("a web socket without a token got %d", res.StatusCode)
	}
}

// serves asks for the page and the API below a path.
func (p *proxied) serves(host, below string) {
	get := func(target string, lines ...string) (*http.Response, string) {
		return p.raw(host, "GET", target, "", lines...)
	}
	if below != "" {
		if res, _ := get(below); res.StatusCode/100 != 3 || !strings.HasSuffix(res.Header.Get("Location"), below+"/") {
			p.t.Errorf("%s: %d to %q", below, res.StatusCode, res.Header.Get("Location"))
		}
	}
	for _, route := range []string{"/", "/tokens", "/ip-filters/abc", "/no/such/route", "/docs/api-explorer"} {
		want := 200
		if strings.Contains(route, "no/such") {
			want = 404 // with the document, which tells a person
		}
		res, document := get(below + route)
		at, _ := url.Parse(below + route)
		files := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(document, -1)
		if res.StatusCode != want || len(files) < 3 {
			p.t.Errorf("%s: %d with %d files", route, res.StatusCode, len(files))
		}
		for _, m := range files {
			file, _ := at.Parse(m[1])
			if res, _ := get(file.EscapedPath()); res.StatusCode != 200 || strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
				p.t.Errorf("%s names %s, which is %s: %d %s", route, m[1], file.EscapedPath(), res.StatusCode, res.Header.Get("Content-Type"))
			}
		}
	}
	for _, route := range []string{"/playground", "/graphql"} {
		res, _ := get(below+route, "Accept: text/html")
		at, _ := url.Parse("https://" + host + below + route)
		to, err := at.Parse(res.Header.Get("Location"))
		if res.StatusCode != 302 || err != nil || to.Path != below+"/docs/api-explorer" {
			p.t.Errorf("%s: %d to %v", route, res.StatusCode, to)
		}
	}
	const query = `{"query":"{ viewer { username } }"}`
	api := []string{"Content-Type: application/json", "Origin: https://" + host, "Sec-Fetch-Site: same-origin"}
	if res, text := p.raw(host, "POST", below+"/graphql", query, append(api, bearerLine(p.server.root))...); res.StatusCode != 200 || !strings.Contains(text, `"username":"localroot"`) {
		p.t.Errorf("the API: %d %s", res.StatusCode, text)
	}
	res, _ := p.raw(host, "POST", below+"/api/v1/session", "", bearerLine(p.server.root), "X-Requested-By: tokenscale", "Content-Length: 0")
	cookies := res.Cookies()
	if res.StatusCode != 204 || len(cookies) != 1 || !cookies[0].Secure || !strings.HasPrefix(cookies[0].Name, "__Host-") || cookies[0].Path != "/" {
		p.t.Fatalf("signing in: %d %v", res.StatusCode, cookies)
	}
	session := append(api, "X-Requested-By: tokenscale", "Cookie: "+cookies[0].Name+"="+cookies[0].Value)
	if res, text := p.raw(host, "POST", below+"/graphql", query, session...); res.StatusCode != 200 || !strings.Contains(text, `"username":"localroot"`) {
		p.t.Errorf("the API by the session: %d %s", res.StatusCode, text)
	}
	session[1], session[2] = "Origin: https://evil.test", "Sec-Fetch-Site: cross-site"
	if res, _ := p.raw(host, "POST", below+"/graphql", query, session...); res.StatusCode != 403 {
		p.t.Errorf("another site gets %d", res.StatusCode)
	}
	if res, text := get(below + "/api/v1/status"); res.StatusCode != 200 || !strings.Contains(text, `"status":"OK"`) {
		p.t.Errorf("status: %d %s", res.StatusCode, text)
	}
}
