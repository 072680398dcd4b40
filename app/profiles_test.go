package app

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"tokenscale/platform"
)

// socket asks the server through the socket in its data folder.
func (r *running) socket(path string) (status int, body string) {
	r.t.Helper()
	at, done, err := platform.SocketPath(r.opts.Data, SocketName)
	if err != nil {
		r.t.Fatal(err)
	}
	defer done()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", at)
	}}}
	res, err := client.Get("http://tokenscale" + path)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// Profiles are answered if the setting says so, at the socket, and never where
// others could ask.
func TestProfilesAreAnsweredAtTheSocketOnly(t *testing.T) {
	const heap = "/debug/pprof/heap?debug=1"
	quiet := serving(t, nil)
	if status, _ := quiet.socket(heap); status != http.StatusNotFound {
		t.Errorf("without the setting the socket says %d, want 404", status)
	}
	r := serving(t, func(o *Options) { o.Pprof = true })
	if status, text := r.socket(heap); status != http.StatusOK || !strings.HasPrefix(text, "heap profile:") {
		t.Errorf("the socket says %d %.60q, want a profile", status, text)
	}
	for _, path := range []string{heap, "/debug/pprof/", "/debug/pprof/profile?seconds=1"} {
		if res, text := r.ask("GET", path, "", bearer(r.root)...); strings.Contains(text, "profile") {
			t.Errorf("%s is answered to everybody: %d %.60q", path, res.StatusCode, text)
		}
	}
	if status, text := r.socket("/debug/pprof/goroutine?debug=1"); status != http.StatusOK || strings.Contains(text, strings.TrimPrefix(r.root, "localroot~")) {
		t.Errorf("the goroutines: %d, or they show the root token", status)
	}
}
