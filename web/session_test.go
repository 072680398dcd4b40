package web

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tokenscale/policy"
)

// signIn begins a session and returns its cookie as the browser sends it.
func (r *running) signIn(token string) string {
	r.t.Helper()
	res, text := r.ask("POST", "/api/v1/session", "", bearer(token)...)
	if res.StatusCode != 204 || len(res.Cookies()) != 1 {
		r.t.Fatalf("signing in: %d %q", res.StatusCode, text)
	}
	return res.Cookies()[0].Name + "=" + res.Cookies()[0].Value
}

// viewer asks who the cookie belongs to.
func (r *running) viewer(cookie string) (*http.Response, string) {
	return r.ask("POST", "/graphql", `{"query":"{viewer{username sessionExpiresAt}}"}`, "Cookie", cookie, "X-Requested-By", "tokenscale")
}

func (r *running) signOut(cookie string, headers ...string) (*http.Response, string) {
	return r.ask("DELETE", "/api/v1/session", "", append([]string{"Cookie", cookie}, headers...)...)
}

var ours = []string{"X-Requested-By", "tokenscale"}

func TestASignedOutCookieIsDeadAfterARestartToo(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	kept := func(o *settings) { o.Data = data }
	r := serving(t, kept)
	root := r.root
	copied, other := r.signIn(root), r.signIn(root)
	if res, text := r.signOut(copied, ours...); res.StatusCode != 204 || text != "" || res.Header.Get("Clear-Site-Data") != "" {
		t.Fatalf("signing out: %d %q %v", res.StatusCode, text, res.Header)
	}
	for range 2 {
		if res, text := r.viewer(copied); res.StatusCode != 401 || text != "The supplied authentication is invalid" {
			t.Errorf("the copied cookie gets %d %q", res.StatusCode, text)
		}
		if res, text := r.viewer(other); res.StatusCode != 200 || !strings.Contains(text, "localroot") {
			t.Errorf("the other session gets %d %q", res.StatusCode, text)
		}
		if res, _ := r.signOut(copied, ours...); res.StatusCode != 204 {
			t.Errorf("signing out again: %d", res.StatusCode)
		}
		r.stop()
		r = serving(t, kept)
	}
	_, text := r.ask("POST", "/graphql", `{"query":"{auditEvents(typeFilter: [\"sessions.end\"]) {totalResults}}"}`, bearer(root)...)
	if !strings.Contains(text, `"totalResults":1}`) {
		t.Errorf("the audit log says %s, want one entry", text)
	}
}

func TestASignOutThatCannotBeWrittenDownSaysSo(t *testing.T) {
	r := serving(t, nil)
	cookie := r.signIn(r.root)
	file := filepath.Join(r.o.Data, "store.db")
	if err := os.Rename(file, file+".away"); err != nil {
		t.Fatal(err)
	}
	<-r.db.Stopped() // it notices that its file is gone
	res, text := r.signOut(cookie, ours...)
	if res.StatusCode != 507 || !strings.Contains(text, "This session has ended") || !strings.Contains(text, "After a restart") || len(res.Cookies()) != 1 || res.Cookies()[0].MaxAge >= 0 {
		t.Errorf("got %d %q %v, want to be told, and the cookie taken away", res.StatusCode, text, res.Cookies())
	}
	if res, _ := r.viewer(cookie); res.StatusCode != 401 {
		t.Errorf("the copied cookie gets %d", res.StatusCode)
	}
}

// No other site ends a session: neither what a browser tells of it, nor what an
// old browser leaves out, lets one through.
func TestAnotherSiteCannotSignOut(t *testing.T) {
	r := serving(t, func(o *settings) { o.AllowedOrigins = []string{"https://console.example.org"} })
	cookie := r.signIn(r.root)
	for name, headers := range map[string][]string{
		"a form":                        nil,
		"a script without preflight":    {"Content-Type", "text/plain", "Origin", "https://evil.example"},
		"a script that lies":            append([]string{"Origin", "https://evil.example"}, ours...),
		"a browser that says so":        append([]string{"Sec-Fetch-Site", "cross-site"}, ours...),
		"a sibling":                     append([]string{"Sec-Fetch-Site", "same-site", "Origin", "http://b.localhost"}, ours...),
		"another page's header":         {"X-Requested-By", "mallory"},
		"an allowed origin's form":      {"Origin", "https://console.example.org"},
		"a token beside another's page": {"Authorization", "Bearer nonsense"},
	} {
		r.signOut(cookie, headers...)
		if res, text := r.viewer(cookie); res.StatusCode != 200 {
			t.Fatalf("%s ended the session: %d %s", name, res.StatusCode, text)
		}
	}
	res, _ := r.ask("OPTIONS", "/api/v1/session", "", "Origin", "https://console.example.org", "Access-Control-Request-Method", "DELETE", "Access-Control-Request-Headers", "x-requested-by")
	if allowed := res.Header.Get("Access-Control-Allow-Origin"); allowed != "" {
		t.Errorf("the preflight lets %q in", allowed)
	}
}

// A browser sends the cookies of all ports of a host name to each of them.
func TestTwoServersOnOneHostNameLeaveEachOtherAlone(t *testing.T) {
	one, two := serving(t, nil), serving(t, nil)
	a, b := one.signIn(one.root), two.signIn(two.root)
	if nameA, _, _ := strings.Cut(a, "="); strings.HasPrefix(b, nameA+"=") {
		t.Fatalf("both call their cookie %s", nameA)
	}
	both := a + "; " + b
	for range 2 {
		for _, r := range []*running{one, two} {
			if res, text := r.viewer(both); res.StatusCode != 200 || len(res.Cookies()) != 0 {
				t.Errorf("beside the other's cookie: %d %q %v", res.StatusCode, text, res.Cookies())
			}
		}
		both = b + "; " + a
	}
	if res, text := one.viewer(b); res.StatusCode != 401 || !strings.HasPrefix(text, "The resource requires authentication") || len(res.Cookies()) != 0 {
		t.Errorf("the other's cookie alone: %d %q %v, want it passed over", res.StatusCode, text, res.Cookies())
	}
	if res, _ := one.signOut(b, ours...); res.StatusCode != 204 || len(res.Cookies()) != 0 {
		t.Errorf("signing out with the other's cookie: %d %v, want it left alone", res.StatusCode, res.Cookies())
	}
	res, _ := one.signOut(both, ours...)
	if got := res.Cookies(); len(got) != 1 || !strings.HasPrefix(a, got[0].Name+"=") || got[0].MaxAge >= 0 {
		t.Errorf("signing out takes away %v, want its own only", got)
	}
	if res, _ := two.viewer(both); res.StatusCode != 200 {
		t.Errorf("signing out of one ended the session of the other: %d", res.StatusCode)
	}
}

func TestTheViewerIsToldWhenTheSessionEnds(t *testing.T) {
	began := time.Now().Add(-time.Second)
	r := serving(t, nil)
	_, text := r.viewer(r.signIn(r.root))
	var answer struct {
		Data struct {
			Viewer struct{ SessionExpiresAt *int64 }
		}
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil || answer.Data.Viewer.SessionExpiresAt == nil {
		t.Fatalf("%v: %s", err, text)
	}
	if left := time.UnixMilli(*answer.Data.Viewer.SessionExpiresAt).Sub(began); left < policy.SessionLife || left > policy.SessionLife+time.Hour {
		t.Errorf("the session ends in %v, want 12 hours", left)
	}
	if _, text := r.ask("POST", "/graphql", `{"query":"{viewer{sessionExpiresAt} viewerOpt{sessionExpiresAt}}"}`, bearer(r.root)...); text != `{"data":{"viewer":{"sessionExpiresAt":null},"viewerOpt":{"sessionExpiresAt":null}}}` {
		t.Errorf("who shows a token is told %s", text)
	}
}

func TestWhoSignsInTooOftenWaits(t *testing.T) {
	r := serving(t, nil)
	_, token := r.token("eager", "")
	for range 200 {
		r.signIn(token)
	}
	res, text := r.ask("POST", "/api/v1/session", "", bearer(token)...)
	if res.StatusCode != 429 || res.Header.Get("Retry-After") == "" || !strings.Contains(text, "very many sessions") || len(res.Cookies()) != 0 {
		t.Errorf("got %d %q %v", res.StatusCode, text, res.Header)
	}
	r.signIn(r.root)
}
