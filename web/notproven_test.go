package web

import (
	"strings"
	"testing"

	"tokenscale/authority/authoritytest"
	"tokenscale/store"
)

// A node that may be behind is none that a proxy should send anybody to, and says so. A good token
// stays good, and so does the session in a browser.
func TestANodeThatMayBeBehindSendsItsCallersElsewhere(t *testing.T) {
	n := &authoritytest.Node{}
	r := serving(t, func(o *settings) {
		o.wrap = func(db store.DB) store.DB { n.DB = db; return n }
	})
	res, _ := r.ask("POST", "/api/v1/session", "", append(bearer(r.root), "X-Requested-By", "tokenscale")...)
	cookie, _, _ := strings.Cut(res.Header.Get("Set-Cookie"), ";")
	page := []string{"Cookie", cookie, "X-Requested-By", "tokenscale"}
	const query = `{"query":"{ viewer { id } }"}`
	ask := []struct {
		name, method, path, body string
		with                     []string
	}{
		{"a query", "POST", "/graphql", query, bearer(r.root)},
		{"a query of the page", "POST", "/graphql", query, page},
		{"a proxy", "GET", authorizePath, "", bearer(r.root)},
		{"a token that nobody knows", "GET", authorizePath, "", bearer("x")},
		{"health", "GET", "/api/v1/health-json", "", bearer(r.root)},
		{"metrics", "GET", "/metrics", "", bearer(r.root)},
	}
	n.CutOff(true)
	for _, a := range ask {
		res, text := r.ask(a.method, a.path, a.body, a.with...)
		if res.StatusCode != 503 || res.Header.Get("Retry-After") != "1" || !strings.HasPrefix(text, "NOT_PROVEN: ") ||
			res.Header.Get("WWW-Authenticate")+res.Header.Get("Set-Cookie") != "" || res.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s gets %d %v %s", a.name, res.StatusCode, res.Header, text)
		}
	}
	if res, _ := r.ask("GET", "/readyz", ""); res.StatusCode != 503 {
		t.Errorf("it is ready: %d", res.StatusCode)
	}
	if res, text := r.ask("GET", "/api/v1/status", ""); res.StatusCode != 503 || !strings.Contains(text, "DOWN") {
		t.Errorf("its status is %d %s", res.StatusCode, text)
	}
	if res, _ := r.ask("POST", "/graphql", query); res.StatusCode != 401 {
		t.Errorf("without a token: %d", res.StatusCode)
	}
	if _, text := r.ask("GET", "/api/v1/session", "", page...); !strings.Contains(text, "true") {
		t.Errorf("the page is told that it is signed out: %s", text)
	}
	n.CutOff(false)
	for _, a := range ask {
		want := 200
		if strings.Contains(a.name, "nobody") {
			want = 401
		}
		if res, text := r.ask(a.method, a.path, a.body, a.with...); res.StatusCode != want {
			t.Errorf("afterwards %s gets %d %s", a.name, res.StatusCode, text)
		}
	}
	_, text := r.ask("GET", "/metrics", "", bearer(r.root)...)
	for _, line := range []string{"tokenscale_cluster_nodes 1\n", "tokenscale_cluster_proven 1\n", "tokenscale_cluster_house 1\n", `outcome="notproven"} 7`} {
		if !strings.Contains(text, line) {
			t.Errorf("the metrics lack %q", line)
		}
	}
	if log := r.err.String(); strings.Contains(log, "authentication.refused") {
		t.Error("who was sent elsewhere counts as refused")
	}
}
