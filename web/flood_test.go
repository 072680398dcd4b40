package web

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A client that tries bad credentials is told to slow down; nobody else
// notices, and who has a good one is let in from the very same address.
func TestAFloodOfBadCredentialsLocksNobodyOut(t *testing.T) {
	r := serving(t, nil)
	_, good := r.token("good", "ReadHealthCheck")
	status := func(method, path, token string) (int, string) {
		t.Helper()
		res, _ := r.ask(method, path, "", bearer(token)...)
		return res.StatusCode, res.Header.Get("Retry-After")
	}
	seen := map[int]int{}
	for i := range 300 {
		path := []string{"/graphql", "/api/v1/session", "/metrics"}[i%3]
		method := []string{"POST", "POST", "GET"}[i%3]
		got, retry := status(method, path, "bad")
		if seen[got]++; got == 429 && retry == "" {
			t.Fatal("429 without Retry-After")
		}
	}
	if seen[429] < 150 || seen[401] < 100 || seen[401]+seen[429] != 300 {
		t.Errorf("the answers were %v, want 401 a hundred times and then 429: all addresses share one count", seen)
	}
	if got, _ := status("GET", "/metrics", good); got != 200 {
		t.Errorf("a good token from the same address got %d, want 200", got)
	}
	if got, _ := status("POST", "/api/v1/session", good); got != 204 {
		t.Errorf("signing in from the same address got %d, want 204", got)
	}
	if got, _ := status("GET", "/livez", ""); got != 200 {
		t.Errorf("who needs no token got %d, want 200", got)
	}
	if got, _ := status("GET", authorizePath, "bad"); got != 401 {
		t.Errorf("a proxy's question got %d, want 401: it knows no 429", got)
	}
	conn := r.from("127.0.0.2")
	fmt.Fprint(conn, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer bad\r\n\r\n")
	line := make([]byte, len("HTTP/1.1 401"))
	if _, err := conn.Read(line); err != nil || string(line) != "HTTP/1.1 401" {
		t.Errorf("another client with a bad token got %q, %v; want 401", line, err)
	}
}

// Who goes on failing has to wait for an answer, at each address; a good
// token never waits.
func TestAnswersToAFloodAreDelayed(t *testing.T) {
	var held atomic.Int64
	r := serving(t, func(o *settings) {
		o.Sleep = func(_ context.Context, d time.Duration) error {
			if d <= 0 || d > 2*time.Second {
				t.Errorf("an answer waits %v, want at most two", d)
			}
			held.Add(1)
			return nil
		}
	})
	places := [][2]string{{"POST", "/graphql"}, {"POST", "/api/v1/session"}, {"GET", "/metrics"}, {"GET", authorizePath}}
	try := func(n int, token string) int64 {
		before := held.Load()
		for i := range n {
			r.ask(places[i%4][0], places[i%4][1], "", bearer(token)...)
		}
		return held.Load() - before
	}
	try(200, "bad")
	if got := try(40, "bad"); got < 38 { // a try each second is answered at once
		t.Errorf("%d of 40 answers were delayed, want all that are not due", got)
	}
	if got := try(40, r.root); got != 0 {
		t.Errorf("%d answers to a good token were delayed", got)
	}
}

// A thousand sign-ins at once with bad tokens: every good request between
// them is answered, and each failure is counted.
func TestManySignInsAtOnce(t *testing.T) {
	r := serving(t, nil)
	var strangers sync.WaitGroup
	for range 8 {
		strangers.Go(func() {
			for range 125 {
				r.ask("POST", "/api/v1/session", "", bearer("bad")...)
			}
		})
	}
	for range 50 {
		if res, text := r.ask("POST", "/graphql", `{"query":"{viewer{id}}"}`, bearer(r.root)...); res.StatusCode != 200 {
			t.Errorf("an honest request got %d %s", res.StatusCode, text)
		}
	}
	strangers.Wait()
	_, text := r.ask("GET", "/metrics", "", bearer(r.root)...)
	if want := `tokenscale_verifications_total{outcome="malformed"} 1000`; !strings.Contains(text, want) {
		t.Errorf("the metrics do not say %s", want)
	}
	if lines := strings.Count(r.err.String(), "level=INFO msg=request") + strings.Count(r.err.String(), "level=WARN msg=request"); lines > 400 {
		t.Errorf("the flood made %d lines above the level debug, want those of the first refusals and of honest requests only", lines)
	}
}

// Whoever has no good credential cannot fill the log, whatever they ask for and
// however they are refused.
func TestAFloodOfRefusalsDoesNotFillTheLog(t *testing.T) {
	r := serving(t, func(o *settings) { o.LogLevel = slog.LevelInfo })
	paths := []string{"/graphql", authorizePath, "/api/v1/session", "/metrics", "/api/v1/nothing", "/api/v1/health"}
	for i := range 600 {
		var headers []string
		if i%2 == 0 {
			headers = bearer("bad")
		}
		if res, _ := r.ask("POST", paths[i%len(paths)], "x", headers...); res.StatusCode < 400 {
			t.Fatalf("%s got %d", paths[i%len(paths)], res.StatusCode)
		}
	}
	if lines := strings.Count(r.err.String(), "msg=request"); lines < 100 || lines > 250 {
		t.Errorf("600 refusals made %d lines, want the first hundred, and one a second", lines)
	}
	if res, _ := r.ask("POST", "/graphql", "not JSON", bearer(r.root)...); res.StatusCode != 400 || !strings.Contains(r.err.String(), "caller=localroot") {
		t.Errorf("what a known caller from there is refused (%d) is not told", res.StatusCode)
	}
}

// Methods that nobody knows are answered by 501, which is as little a fault of
// ours as the others.
func TestAFloodOfOddMethodsDoesNotFillTheLog(t *testing.T) {
	r := serving(t, func(o *settings) { o.LogLevel = slog.LevelInfo })
	for range 600 {
		if res, _ := r.ask("BREW", "/graphql", ""); res.StatusCode != 501 {
			t.Fatalf("got %d", res.StatusCode)
		}
	}
	if lines := strings.Count(r.err.String(), "msg=request"); lines < 100 || lines > 250 {
		t.Errorf("600 refusals made %d lines, want the first hundred, and one a second", lines)
	}
}

// Who sends requests that cannot be carried out has to wait, after some hundred
// of them; what can be carried out never waits.
func TestAnswersToManyBadDocumentsAreDelayed(t *testing.T) {
	var held atomic.Int64
	stopped := time.Now()
	r := serving(t, func(o *settings) {
		o.Now = func() time.Time { return stopped } // none becomes due meanwhile
		o.Sleep = func(context.Context, time.Duration) error { held.Add(1); return nil }
	})
	send := func(n int, bodies ...string) int64 {
		before := held.Load()
		for i := range n {
			r.ask("POST", "/graphql", bodies[i%len(bodies)], bearer(r.root)...)
		}
		return held.Load() - before
	}
	bad := []string{
		`{"query":"{nothing}"}`, `{"query":"{"}`, `not JSON`, `{"query":"query($n:Int!){viewer{id}}"}`,
		`{"query":"{` + strings.Repeat("viewer{id}", 400) + `}"}`, strings.Repeat("x", 300<<10),
	}
	if got := send(badAtOnce, bad...); got != 0 {
		t.Errorf("%d of the first %d answers were delayed", got, badAtOnce)
	}
	if got := send(60, bad...); got != 60 {
		t.Errorf("%d of 60 answers were delayed, want all", got)
	}
	if got := send(60, `{"query":"{viewer{id}}"}`, `{"query":"mutation{deleteSystemToken(input:{id:\"none\"})}"}`); got != 0 {
		t.Errorf("%d answers to what was carried out were delayed", got)
	}
}
