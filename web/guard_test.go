package web

import (
	"fmt"
	"strings"
	"testing"
)

func TestHosts(t *testing.T) {
	tests := []struct {
		name    string
		listen  string
		allowed []string
		yes, no []string
	}{
		{"on loopback, only its names", "127.0.0.1:8080", nil,
			[]string{"localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LocalHost", "127.0.0.1", "[::1]", "localhost:9999"},
			[]string{"evil.test", "evil.test:8080", "localhost.", "localhost.evil.test", "127.0.0.1.evil.test", "", ":8080", "127.0.0.2", "[::2]", "0.0.0.0:8080", "localhost:8080:8080"}},
		{"on another loopback address, that too", "127.0.0.7:8080", nil, []string{"127.0.0.7:8080", "localhost"}, []string{"127.0.0.8"}},
		{"on loopback with names, those too", "[::1]:8080", []string{"tokens.example.org"}, []string{"tokens.example.org", "TOKENS.example.org:443", "[::1]:8080"}, []string{"example.org", "x.tokens.example.org"}},
		{"elsewhere with names, only those", "0.0.0.0:8080", []string{"tokens.example.org", "10.0.0.1:8080"}, []string{"tokens.example.org:8080", "10.0.0.1:8080"}, []string{"localhost", "10.0.0.1", "10.0.0.1:9090", "evil.test"}},
		{"elsewhere without names, any", "0.0.0.0:8080", nil, []string{"evil.test", "10.0.0.1:8080", ""}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := &Server{o: Options{Listen: test.listen, AllowedHosts: test.allowed}}
			known := s.hosts()
			for _, host := range test.yes {
				if !known(host) {
					t.Errorf("%q is refused, want it known", host)
				}
			}
			for _, host := range test.no {
				if known(host) {
					t.Errorf("%q is known, want it refused", host)
				}
			}
		})
	}
}

func TestAStrangersNameReachesNothing(t *testing.T) {
	r := serving(t, nil)
	for path, want := range map[string]int{
		"/": 421, "/graphql": 421, "/docs/api-explorer": 421, "/api/v1/session": 421, "/playground": 421, "/api/v1/none": 421,
		"/livez/": 421, "/%6civez": 421, "/livez//": 421, "/api/v1%2Fstatus": 421, "/api/v1/statuses": 421, "/api/v1/authorized": 421,
		"/livez": 200, "/readyz": 200, "/api/v1/status": 200, "/metrics": 401, "/api/v1/health": 401, "/api/v1/health-json": 401,
		"/api/v1/authorize": 401, "/api/v1/authorize/a//b/../c": 401,
	} {
		if res, text := r.ask("GET", path, "", "Host", "evil.test"); res.StatusCode != want {
			t.Errorf("%s: %d %q, want %d", path, res.StatusCode, text, want)
		}
	}
}

func TestSession(t *testing.T) {
	r := serving(t, nil)
	id, token := r.token("ann", "ReadHealthCheck")
	const query, ours = `{"query":"{viewer{username}}"}`, "X-Requested-By"
	if res, _ := r.ask("POST", "/api/v1/session", ""); res.StatusCode != 401 {
		t.Errorf("a session without a token: %d, want 401", res.StatusCode)
	}
	if res, _ := r.ask("POST", "/api/v1/session", "", bearer("bad")...); res.StatusCode != 401 || len(res.Cookies()) != 0 {
		t.Errorf("a session with a bad token: %d, want 401 and no cookie", res.StatusCode)
	}
	res, _ := r.ask("POST", "/api/v1/session", "", bearer(token)...)
	if res.StatusCode != 204 || len(res.Cookies()) != 1 {
		t.Fatalf("a session: %d, %v; want 204 and a cookie", res.StatusCode, res.Cookies())
	}
	cookie := res.Cookies()[0].String()
	if strings.Contains(cookie, token[:32]) || strings.Contains(cookie, token[33:]) {
		t.Errorf("the cookie shows the token: %s", cookie)
	}
	expect := func(what string, status int, method, path, body string, headers ...string) string {
		t.Helper()
		res, text := r.ask(method, path, body, headers...)
		if res.StatusCode != status {
			t.Errorf("%s: %d %q, want %d", what, res.StatusCode, text, status)
		}
		return text
	}
	if text := expect("the page", 200, "POST", "/graphql", query, "Cookie", cookie, ours, "tokenscale"); !strings.Contains(text, `"username":"ann"`) {
		t.Errorf("the page is %s, want ann", text)
	}
	expect("a form of another site", 401, "POST", "/graphql", query, "Cookie", cookie)
	// A link makes a browser ask by GET, with its cookies.
	const link = "/graphql?query={viewer{username}}"
	expect("a link", 401, "GET", link, "", "Cookie", cookie)
	expect("the page by GET", 401, "GET", link, "", "Cookie", cookie, ours, "tokenscale")
	expect("an image of another site", 401, "GET", link, "", "Cookie", cookie, "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors")
	expect("a link to a mutation", 401, "GET", "/graphql?query=mutation{deleteToken(input:{id:%22"+id+"%22})}", "", "Cookie", cookie)
	expect("the page, a mutation by GET", 405, "GET", "/graphql/?query=mutation{deleteToken(input:{id:%22"+id+"%22})}", "", "Cookie", cookie, ours, "tokenscale")
	expect("a proxy's question", 401, "GET", authorizePath, "", "Cookie", cookie, ours, "tokenscale")
	expect("a session that would prolong itself", 401, "POST", "/api/v1/session", "", "Cookie", cookie, ours, "tokenscale")
	res, _ = r.ask("DELETE", "/api/v1/session", "", "Cookie", cookie, ours, "tokenscale")
	if res.StatusCode != 204 || res.Cookies()[0].MaxAge >= 0 || res.Header.Get("Clear-Site-Data") != "" {
		t.Errorf("signing out: %d %v", res.StatusCode, res.Header)
	}
	active := func(what string, want bool, headers ...string) {
		t.Helper()
		if text := expect(what, 200, "GET", "/api/v1/session", "", headers...); text != fmt.Sprintf(`{"active":%v}`, want) {
			t.Errorf("%s is told %s, want active to be %v", what, text, want)
		}
	}
	active("a visitor who never signed in", false)
	active("whoever copied the cookie", false, "Cookie", cookie, ours, "tokenscale")
	if text := expect("whoever copied the cookie", 401, "POST", "/graphql", query, "Cookie", cookie, ours, "tokenscale"); text != "The supplied authentication is invalid" {
		t.Errorf("whoever copied the cookie is told %q", text)
	}
	res, _ = r.ask("POST", "/api/v1/session", "", bearer(token)...)
	cookie = res.Cookies()[0].String()
	active("the page", true, "Cookie", cookie, ours, "tokenscale")
	active("another site", false, "Cookie", cookie)
	active("somebody who tries a token", false, bearer(token)...)

	r.remove(id)
	active("a session whose token was deleted", false, "Cookie", cookie, ours, "tokenscale")
	res, text := r.ask("POST", "/graphql", query, "Cookie", cookie, ours, "tokenscale")
	if res.StatusCode != 401 || len(res.Cookies()) != 1 || res.Cookies()[0].MaxAge >= 0 {
		t.Errorf("a session whose token was deleted: %d %q %v, want 401 and the cookie gone", res.StatusCode, text, res.Cookies())
	}
}

func TestIsLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, "0.0.0.0": false, "::": false, "10.0.0.1": false, "example.org": false, "localhost.example.org": false,
	} {
		if got := IsLoopback(host); got != want {
			t.Errorf("IsLoopback(%q) = %v, want %v", host, got, want)
		}
	}
}
