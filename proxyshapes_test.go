package main

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// TestProxiesThatAreNotInstalled sends what Traefik, Envoy and Caddy 2.10 send
// with the configurations of docs/proxies.md, and does with the answer what they
// do.
func TestProxiesThatAreNotInstalled(t *testing.T) {
	documented := filesOf(t, "docs/proxies.md")
	p := &proxied{t: t, server: startServer(t, behindProxies...)}
	admin, _ := p.make("admin", "permissions: [ManageCluster]")
	bare, id := p.make("bare", "permissions: []")

	traefik := matches(documented["traefik.yml"], `address: http://127\.0\.0\.1:8080(\S+)`)
	caddy := matches(documented["Caddyfile"], `uri (\S+)`)
	envoy := matches(documented["envoy.yaml"], `path_override: (\S+)`)
	if len(traefik) != 2 || len(caddy) != 2 || len(envoy) != 1 || !strings.HasSuffix(traefik[1]+caddy[1]+envoy[0], "=ManageCluster") {
		t.Fatalf("the document asks at %v, %v and %v", traefik, caddy, envoy)
	}
	for _, shape := range []struct {
		name, method, target string
		headers              []string
		status               map[string]int // by token
	}{
		{"Traefik, any token", "GET", traefik[0], []string{"X-Forwarded-Method: POST", "X-Forwarded-Proto: https", "X-Forwarded-Uri: /a?x=1", "X-Forwarded-Host: " + atOrders}, map[string]int{admin: 200, bare: 200, "x": 401}},
		{"Traefik, one permission", "GET", traefik[1], []string{"X-Forwarded-Method: POST", "X-Forwarded-Uri: /?permission=None"}, map[string]int{admin: 200, bare: 403, "x": 401}},
		{"Caddy 2.10, any token", "GET", caddy[0], []string{"X-Forwarded-Method: PUT", "X-Forwarded-Uri: /a//b"}, map[string]int{admin: 200, bare: 200, "x": 401}},
		{"Caddy 2.10, one permission", "GET", caddy[1], []string{"X-Forwarded-Method: PUT"}, map[string]int{admin: 200, bare: 403, "x": 401}},
		{"Envoy, by the method of the request", "DELETE", envoy[0], []string{"Content-Length: 0", "X-Envoy-Internal: true"}, map[string]int{admin: 200, bare: 403, "x": 401}},
		{"Envoy, a method of WebDAV", "PROPFIND", envoy[0], []string{"Content-Length: 0"}, map[string]int{admin: 200, bare: 403, "x": 401}},
		{"an older Envoy, with the path", "POST", "/api/v1/authorize/a//b/../c%2Fd/./", []string{"Content-Length: 0"}, map[string]int{admin: 200, bare: 200, "x": 401}},
		{"an older Envoy, with path and query", "GET", "/api/v1/authorize/a?x=1", nil, map[string]int{admin: 400, bare: 400, "x": 401}},
	} {
		for token, want := range shape.status {
			h := http.Header{"Authorization": {"Bearer " + token}, "X-Forwarded-For": {"192.0.2.9"}, "Cookie": {"a=" + strings.Repeat("a", 7800), "b=" + strings.Repeat("b", 7800), "c=" + strings.Repeat("c", 7800)}}
			for _, line := range append(shape.headers, forged()...) {
				name, value, _ := strings.Cut(line, ":")
				h[name] = append(h[name], strings.TrimSpace(value))
			}
			answer, body := p.direct(shape.method, shape.target, h)
			if answer.StatusCode != want || want == 200 && body != "" {
				t.Errorf("%s: %d %q, want %d", shape.name, answer.StatusCode, body, want)
			}
			if want == 200 && token == bare {
				heard := []string{answer.Header.Get("X-Token-Id"), answer.Header.Get("X-Token-Name"), answer.Header.Get("X-Token-Permissions")}
				// An empty one would leave the client's own where it is.
				if strings.Join(heard, " ") != id+" bare none" {
					t.Errorf("%s: the service hears %q", shape.name, heard)
				}
			}
		}
	}

	// What Traefik is told to take away is all that can be taken for ours.
	given := matches(documented["traefik.yml"], `(?m)^ +(X[_-]Token[_-]\w+): ""`)
	for _, line := range forged() {
		name, _, _ := strings.Cut(line, ":")
		gone := regexp.MustCompile("^X-Token-").MatchString(http.CanonicalHeaderKey(name))
		for _, g := range given {
			gone = gone || http.CanonicalHeaderKey(g) == http.CanonicalHeaderKey(name)
		}
		if !gone {
			t.Errorf("Traefik leaves the client's %s", name)
		}
	}
}

// matches returns what the group in a pattern matches in a text.
func matches(text, pattern string) (found []string) {
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}

// direct asks the server itself.
func (p *proxied) direct(method, target string, h http.Header) (*http.Response, string) {
	p.t.Helper()
	u, err := url.Parse(p.server.url + target)
	if err != nil {
		p.t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(&http.Request{Method: method, URL: u, Host: atOrders, Header: h})
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res, string(body)
}
