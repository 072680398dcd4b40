package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Whatever a proxy has put in front of our paths, a browser stays below it.
func TestRedirectsStayBelowWhatAProxyAdds(t *testing.T) {
	r := serving(t, nil)
	for _, prefix := range []string{"", "/tokens", "/a/b%20c"} {
		proxy := httptest.NewServer(stripping(prefix, r.url))
		defer proxy.Close()
		for path, want := range map[string]string{
			"/playground": "/docs/api-explorer", "/graphql": "/docs/api-explorer", "//graphql": "/graphql", "/playground?x=1": "/docs/api-explorer",
			"/docs//api-explorer?x=1": "/docs/api-explorer?x=1", "//ip-filters///new/": "/ip-filters/new/", "//evil.test/a": "/evil.test/a", "///evil.test": "/evil.test",
			"/ip-filters//a%2Fb": "/ip-filters/a%2Fb", "//a%3Fb": "/a%3Fb", "//": "/",
		} {
			from, err := url.Parse(proxy.URL)
			if err != nil {
				t.Fatal(err)
			}
			from.RawPath, _, _ = strings.Cut(prefix+path, "?")
			from.Path, _ = url.PathUnescape(from.RawPath)
			_, from.RawQuery, _ = strings.Cut(path, "?")
			req := http.Request{Method: "GET", URL: from, Header: http.Header{"Accept": {"text/html"}}}
			res, err := http.DefaultTransport.RoundTrip(&req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			to, err := from.Parse(res.Header.Get("Location"))
			if err != nil || res.StatusCode/100 != 3 || to.Host != from.Host || to.RequestURI() != prefix+want {
				t.Errorf("%s%s: %d to %v, %v; want %s", prefix, path, res.StatusCode, to, err, prefix+want)
			}
		}
	}
}

// stripping is a proxy that takes prefix off each path.
func stripping(prefix, to string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		target, ok := strings.CutPrefix(r.RequestURI, prefix)
		if !ok {
			http.NotFound(w, r)
			return
		}
		u, _ := url.Parse(to)
		path, query, _ := strings.Cut(target, "?")
		u.RawPath, u.RawQuery = path, query
		u.Path, _ = url.PathUnescape(path)
		res, err := http.DefaultTransport.RoundTrip(&http.Request{Method: r.Method, URL: u, Header: r.Header})
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		w.Header().Set("Location", res.Header.Get("Location"))
		w.WriteHeader(res.StatusCode)
	})
}

// A redirect would repeat a token that somebody has put into an address.
func TestNoRedirectRepeatsAToken(t *testing.T) {
	r := serving(t, nil)
	half := r.root[strings.IndexByte(r.root, '~')+1:]
	for _, path := range []string{"//" + r.root, "//" + half, "/a/../" + half, "/playground//x?token=" + half, "/api/v1//status?" + r.root, "//x%7E" + half + "%22"} {
		at, err := url.Parse(r.url)
		if err != nil {
			t.Fatal(err)
		}
		at.RawPath, at.RawQuery, _ = strings.Cut(path, "?")
		at.Path, _ = url.PathUnescape(at.RawPath)
		res, err := http.DefaultTransport.RoundTrip(&http.Request{Method: "GET", URL: at, Header: http.Header{}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if to := res.Header.Get("Location"); res.StatusCode != http.StatusNotFound || to != "" {
			t.Errorf("%s: %d to %s, want 404", path, res.StatusCode, to)
		}
	}
}
