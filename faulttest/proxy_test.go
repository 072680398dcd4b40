package faulttest

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestFiltersSeeTheClientBehindAProxy has a server, a proxy that it trusts, a
// client and a stranger, each a host of its own. A token that may be used from
// the client's address is used in every way they have.
func TestFiltersSeeTheClientBehindAProxy(t *testing.T) {
	hosts := newNetwork(t, "client", "proxy", "server", "stranger")
	for family, of := range map[string]func(*host) string{
		"IPv4": func(h *host) string { return h.V4 },
		"IPv6": func(h *host) string { return h.V6 },
	} {
		t.Run(family, func(t *testing.T) { filtersBehindAProxy(t, hosts, of) })
	}
}

func filtersBehindAProxy(t *testing.T, hosts map[string]*host, address func(*host) string) {
	server, client := hosts["server"], address(hosts["client"])
	p := newPlace(t, "")
	p.wrap = server.Wrap()
	p.flags = []string{"--listen", net.JoinHostPort(address(server), "0"), "--insecure-http", "--trusted-proxies", address(hosts["proxy"])}
	s := p.start(t)
	direct := &api{s.url, p.root, &http.Client{Transport: server.transport(), Timeout: 20 * time.Second}}
	proxied := startProxy(t, hosts["proxy"], address, s.url)
	secret := tokenFor(t, direct, client)
	for _, c := range []struct {
		from, at, header string // header is the X-Forwarded-For that is sent
		want             int
	}{
		{"client", s.url, "", http.StatusOK},
		{"client", proxied, "", http.StatusOK},
		{"client", proxied, address(hosts["stranger"]), http.StatusOK},
		{"client", proxied, "unknown, _hidden, 1.2.3.4:5", http.StatusOK},
		// A client that is no trusted proxy is not believed.
		{"client", s.url, address(hosts["stranger"]), http.StatusOK},
		{"stranger", s.url, "", http.StatusForbidden},
		{"stranger", s.url, client, http.StatusForbidden},
		{"stranger", proxied, "", http.StatusForbidden},
		{"stranger", proxied, client, http.StatusForbidden},
		{"stranger", proxied, client + ", " + client, http.StatusForbidden},
		{"stranger", proxied, strings.Repeat(client+", ", 300) + client, http.StatusForbidden},
		{"stranger", proxied, client + ", " + address(hosts["proxy"]), http.StatusForbidden},
		{"proxy", s.url, "", http.StatusForbidden},
		{"proxy", s.url, client, http.StatusOK}, // it is trusted to say so
		{"proxy", s.url, client + ", " + address(hosts["stranger"]), http.StatusForbidden},
		{"proxy", s.url, client + ", what?", http.StatusForbidden},
		{"server", s.url, client, http.StatusForbidden},
	} {
		if got := use(t, hosts[c.from], c.at, secret, c.header); got != c.want {
			t.Errorf("%s at %s with X-Forwarded-For %.80q: got %d, want %d", c.from, c.at, c.header, got, c.want)
		}
	}
}

// tokenFor makes a token that may be used from one address.
func tokenFor(t *testing.T, a *api, address string) string {
	t.Helper()
	_, err := a.do(fmt.Sprintf(`mutation { createIPFilter(input: {name: "one", ipFilter: "allow %s"}) { id } }`, address))
	must(t, err)
	list, err := a.do(`{ ipFilters { id } }`)
	must(t, err)
	id := strings.Split(list, `"`)[3]
	secret, err := a.do(fmt.Sprintf(`mutation { createSystemPermissionsToken(input: {name: "bound", permissions: [ReadHealthCheck], ipFilterId: %q}) }`, id))
	must(t, err)
	return secret
}

// startProxy runs a proxy on a host that tells the server who asked, after what
// it was told itself, and returns its URL.
func startProxy(t *testing.T, h *host, address func(*host) string, server string) string {
	t.Helper()
	to, err := url.Parse(server)
	must(t, err)
	l := h.listen(t, net.JoinHostPort(address(h), "0"))
	proxy := &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: &httputil.ReverseProxy{
			Transport: h.transport(),
			Rewrite: func(r *httputil.ProxyRequest) {
				r.SetURL(to)
				r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
				r.SetXForwarded()
			},
		},
	}
	go proxy.Serve(l)
	t.Cleanup(func() { must(t, proxy.Close()) })
	return "http://" + l.Addr().String()
}

// use has a host use a token and returns the code of the answer.
func use(t *testing.T, from *host, at, secret, forwarded string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+"/api/v1/authorize", nil)
	must(t, err)
	r.Header.Set("Authorization", "Bearer "+secret)
	if forwarded != "" {
		r.Header.Set("X-Forwarded-For", forwarded)
	}
	res, err := (&http.Client{Transport: from.transport(), Timeout: 20 * time.Second}).Do(r)
	must(t, err)
	must(t, res.Body.Close())
	return res.StatusCode
}
