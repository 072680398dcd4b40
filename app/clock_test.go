package app

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A server that once ran with a clock a year ahead, as its operator meets it.
func TestAClockThatWasAYearAhead(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	run := func(ahead time.Duration, accept bool, visit func(*running)) {
		t.Helper()
		r := serving(t, func(o *Options) {
			o.Data, o.AcceptClock = data, accept
			o.Now = func() time.Time { return time.Now().Add(ahead) }
		})
		visit(r)
		r.stop()
		if err := <-r.stopped; err != nil {
			t.Error(err)
		}
	}
	var root, secret string
	expect := func(r *running, status int) {
		t.Helper()
		if res, _ := r.ask("GET", "/api/v1/authorize", "", bearer(secret)...); res.StatusCode != status {
			t.Errorf("the token gets %d, want %d", res.StatusCode, status)
		}
	}
	run(0, false, func(r *running) {
		root = r.root
		at := time.Now().AddDate(0, 1, 0).UnixMilli()
		_, text := r.ask("POST", "/graphql", fmt.Sprintf(`{"query":"mutation { createSystemToken(input: {name: \"a month\", permissions: [], expireAt: %d}) { token } }"}`, at), bearer(root)...)
		secret = between(text, `"token":"`, `"`)
		expect(r, http.StatusOK)
	})
	run(365*24*time.Hour, false, func(r *running) { expect(r, http.StatusUnauthorized) })
	run(0, false, func(r *running) {
		expect(r, http.StatusUnauthorized)
		if _, text := r.ask("GET", "/api/v1/health", "", bearer(root)...); !strings.Contains(text, "clock [WARN]") || !strings.Contains(text, "--accept-clock") {
			t.Errorf("the health check says %s", text)
		}
		if _, text := r.ask("GET", "/metrics", "", bearer(root)...); !strings.Contains(text, `tokenscale_clock_jumps_total{direction="back"} 1`) {
			t.Error("no metric counts the jump")
		}
		if !strings.Contains(r.err.String(), "has jumped") {
			t.Error("the log does not tell of the jump")
		}
	})
	run(0, true, func(r *running) { expect(r, http.StatusOK) })
	run(0, false, func(r *running) {
		expect(r, http.StatusOK)
		if _, text := r.ask("GET", "/api/v1/health", "", bearer(root)...); strings.Contains(text, "[WARN]") {
			t.Errorf("the health check says %s", text)
		}
	})
}

func between(text, before, after string) string {
	_, text, _ = strings.Cut(text, before)
	text, _, _ = strings.Cut(text, after)
	return text
}
