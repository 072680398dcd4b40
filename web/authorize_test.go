package web

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"tokenscale/authn"
	"tokenscale/permission"
	"tokenscale/web/webtest"
)

func TestAuthorize(t *testing.T) {
	r := serving(t, func(o *settings) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")} })
	_, ann := r.token("Ann's laptop, 50% Ümlaut", "ReadHealthCheck, ManageCluster")
	// A filter, and a token that it binds.
	_, text := r.ask("POST", "/graphql", `{"query":"mutation { createIPFilter(input: {name: \"f\", ipFilter: \"allow 192.0.2.0/24\"}) { id } }"}`, bearer(r.root)...)
	_, text = r.ask("POST", "/graphql", `{"query":"mutation { createSystemToken(input: {name: \"b\", permissions: [], ipFilterId: \"`+between(text, `"id":"`, `"`)+`\"}) { token } }"}`, bearer(r.root)...)
	bob := between(text, `"token":"`, `"`)
	tests := []struct {
		name    string
		method  string
		query   string
		headers []string
		status  int
		text    string
	}{
		{"a good token", "GET", "", bearer(ann), 200, ""},
		{"a good token, as Basic", "GET", "", []string{"Authorization", "Basic " + basic("any", ann)}, 200, ""},
		{"by POST, as Envoy asks", "POST", "", bearer(ann), 200, ""},
		{"by HEAD", "HEAD", "", bearer(ann), 200, ""},
		{"by PROPFIND, as asked of the proxy", "PROPFIND", "", bearer(ann), 200, ""},
		{"a permission that is held", "GET", "?permission=ReadHealthCheck", bearer(ann), 200, ""},
		{"two that are held", "GET", "?permission=ReadHealthCheck&permission=ManageCluster", bearer(ann), 200, ""},
		{"two, of which one lacks", "GET", "?permission=ReadHealthCheck&permission=PatchGlobal", bearer(ann), 403, "Patch global not allowed"},
		{"root lacks none", "GET", "?permission=PatchGlobal", bearer(r.root), 200, ""},
		{"a permission that is none", "GET", "?permission=Everything", bearer(ann), 400, unknownPermission},
		{"an empty permission", "GET", "?permission=", bearer(ann), 400, unknownPermission},
		{"the case of a name counts", "GET", "?permission=managecluster", bearer(ann), 400, unknownPermission},
		{"a permission without a value", "GET", "?permission", bearer(ann), 400, unknownPermission},
		{"a permission that is badly escaped", "GET", "?permission=%zz", bearer(ann), 400, unknownPermission},
		{"a key that is badly escaped", "GET", "?permi%zzion=PatchGlobal", bearer(ann), 400, unknownKey},
		{"a permission that is escaped", "GET", "?%70ermission=Patch%47lobal", bearer(ann), 403, "Patch global not allowed"},
		{"permissions with a semicolon between, which is none", "GET", "?permission=ReadHealthCheck;permission=PatchGlobal", bearer(ann), 400, unknownPermission},
		{"another key", "GET", "?permission=ReadHealthCheck&x=1", bearer(ann), 400, unknownKey},
		{"a key without a value", "GET", "?ManageCluster", bearer(ann), 400, unknownKey},
		{"a value without a key", "GET", "?=ManageCluster", bearer(ann), 400, unknownKey},
		{"another key beside one that lacks", "GET", "?permission=PatchGlobal&x", bearer(ann), 400, unknownKey},
		{"the key in the plural", "GET", "?permissions=ReadHealthCheck", bearer(ann), 400, unknownKey},
		{"the key in capitals", "GET", "?Permission=ReadHealthCheck", bearer(ann), 400, unknownKey},
		{"the key cut", "GET", "?perm=ReadHealthCheck", bearer(ann), 400, unknownKey},
		{"the key as PHP has lists", "GET", "?permission[]=ReadHealthCheck", bearer(ann), 400, unknownKey},
		{"the same, escaped", "GET", "?permission%5B%5D=ReadHealthCheck", bearer(ann), 400, unknownKey},
		{"the key with a space", "GET", "?permission+=ReadHealthCheck", bearer(ann), 400, unknownKey},
		{"the key with a letter that looks the same", "GET", "?p%D0%B5rmission=ReadHealthCheck", bearer(ann), 400, unknownKey},
		{"a misspelt key of root", "GET", "?permissions=ReadHealthCheck", bearer(r.root), 400, unknownKey},
		{"a misspelt key behind a path", "GET", "/orders?permissions=ReadHealthCheck", bearer(ann), 400, unknownKey},
		{"two keys in one pair", "GET", "?permission=ReadHealthCheck?permission=PatchGlobal", bearer(ann), 400, unknownPermission},
		{"nothing between two signs", "GET", "?&permission=ReadHealthCheck&&", bearer(ann), 200, ""},
		{"a question mark alone", "GET", "?", bearer(ann), 200, ""},
		{"the path of another service", "GET", "/orders/7?permission=ReadHealthCheck", bearer(ann), 200, ""},
		{"such a path without the permission", "GET", "/orders/7?permission=PatchGlobal", bearer(ann), 403, "Patch global not allowed"},
		{"a path with two slashes, by POST", "POST", "/a//b", bearer(ann), 200, ""},
		{"a path that begins with two", "GET", "//a", bearer(ann), 200, ""},
		{"a path with dots", "GET", "/a/../../../../graphql", bearer(ann), 200, ""},
		{"a path with escapes", "GET", "/a%2F..%2fb%20%C3%BC%3F", bearer(ann), 200, ""},
		{"a path like one of ours", "DELETE", "/api/v1/session", bearer(ann), 200, ""},
		{"a path, and a bad token", "GET", "/a//b", bearer("x"), 401, "The supplied authentication is invalid"},
		{"a path, and nothing", "GET", "/a/./b", nil, 401, "The resource requires authentication, which was not supplied with the request"},
		{"nothing", "GET", "", nil, 401, "The resource requires authentication, which was not supplied with the request"},
		{"a bad token", "GET", "", bearer("x"), 401, "The supplied authentication is invalid"},
		{"a misspelt key and nothing", "GET", "?perm=x", nil, 401, "The resource requires authentication, which was not supplied with the request"},
		{"a token in the address", "GET", "?token=" + ann, nil, 401, "The resource requires authentication, which was not supplied with the request"},
		{"an address that the filter lets in", "GET", "", append(bearer(bob), "X-Forwarded-For", "192.0.2.7"), 200, ""},
		{"an address that the filter refuses", "GET", "", append(bearer(bob), "X-Forwarded-For", "198.51.100.1"), 403, "Tokens can only be used from IP addresses accepted by the IP filter set for them if any."},
		{"an address that a client made up", "GET", "", append(bearer(bob), "X-Forwarded-For", "192.0.2.7, 198.51.100.1"), 403, "Tokens can only be used from IP addresses accepted by the IP filter set for them if any."},
		{"an address that nobody can read", "GET", "", append(bearer(bob), "X-Forwarded-For", "unknown"), 403, "Tokens can only be used from IP addresses accepted by the IP filter set for them if any."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			res, text := r.ask(test.method, authorizePath+test.query, "", test.headers...)
			if res.StatusCode != test.status || test.method != "HEAD" && text != test.text {
				t.Errorf("got %d %q, want %d %q", res.StatusCode, text, test.status, test.text)
			}
			if (res.Header.Get("X-Token-Id") != "") != (test.status == 200) {
				t.Errorf("X-Token-Id is %q", res.Header.Get("X-Token-Id"))
			}
		})
	}
}

// What a proxy passes on to the service behind it. None is ever empty, so that
// none of the client's own takes its place.
func TestAuthorize_SaysWhoCalls(t *testing.T) {
	r := serving(t, nil)
	ann, annsToken := r.token("Ann's laptop, 50% Ümlaut", "ReadHealthCheck, ManageCluster")
	bare, bareToken := r.token("\u202e x", "")
	tests := []struct{ token, id, name, permissions string }{
		{annsToken, ann, "Ann's laptop, 50%25 %C3%9Cmlaut", "ReadHealthCheck,ManageCluster"},
		{bareToken, bare, "%E2%80%AE x", "none"},
		{r.root, "localroot", "localroot", strings.Join(permission.All.Names(), ",")},
	}
	for _, test := range tests {
		res, body := r.ask("GET", authorizePath, "", bearer(test.token)...)
		h := res.Header
		got := []string{h.Get("X-Token-Id"), h.Get("X-Token-Name"), h.Get("X-Token-Permissions"), body}
		if want := []string{test.id, test.name, test.permissions, ""}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAuthorize_HeadersAreNeverEmpty(t *testing.T) {
	for in, want := range map[string]string{"": "none", " ": "none", "a": "a", "none": "none"} {
		if got := orNone(in); got != want {
			t.Errorf("orNone(%q) = %q, want %q", in, got, want)
		}
	}
}

// The cookies of another service come along, as nginx sends them.
func TestAuthorize_TakesTheHeadersOfAnotherService(t *testing.T) {
	for name, r := range map[string]*running{"HTTP/1.1": serving(t, nil), "HTTP/2": servingTLS(t, t.TempDir(), nil)} {
		_, tok := r.token("ann", "")
		cookies := bearer(tok)
		for range 3 {
			cookies = append(cookies, "Cookie", "session="+strings.Repeat("c", 7800))
		}
		for path, want := range map[string]int{authorizePath: 200, authorizePath + "/orders": 200, "/api/v1/status": 431, "/graphql": 431, "/": 431} {
			if res, text := r.ask("GET", path, "", cookies...); res.StatusCode != want || res.Proto[:6] != name[:6] {
				t.Errorf("three cookies of 7.8 KB to %s by %s: %s %d %s, want %d", path, name, res.Proto, res.StatusCode, text, want)
			}
		}
		if res, text := r.ask("GET", "/api/v1/status", "", cookies[:len(cookies)-2]...); res.StatusCode != 200 {
			t.Errorf("two of them to the status by %s: %d %s, want 200", name, res.StatusCode, text)
		}
	}
}

// Strangers who begin long requests do not fill the memory, and keep nobody out
// whose request is of the usual length, nor a proxy that is trusted.
func TestAuthorize_FewLongRequestsAreReadAtOnce(t *testing.T) {
	r := serving(t, func(o *settings) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")} })
	_, tok := r.token("ann", "")
	long := "GET /api/v1/authorize HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + tok + "\r\nX-Long: " + strings.Repeat("a", 40<<10)
	var begun []net.Conn
	for range longAtOnce {
		conn := r.dial()
		defer conn.Close()
		io.WriteString(conn, long)
		begun = append(begun, conn)
	}
	until := func(n int64) {
		t.Helper()
		for tries := 0; r.o.Limit.long.Load() != n; tries++ { // the server has to notice
			if tries > 1000 {
				t.Fatalf("%d long requests are being read, want %d", r.o.Limit.long.Load(), n)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	until(longAtOnce)
	ask := func(from, request string) int {
		conn := r.from(from)
		defer conn.Close()
		go io.WriteString(conn, request)
		status, _, err := readAnswer(bufio.NewReader(conn), "GET")
		if err != nil {
			return 0
		}
		return status
	}
	if got := ask("127.0.0.1", long+"\r\n\r\n"); got != 503 {
		t.Errorf("one more long request got %d, want 503", got)
	}
	if got := ask("127.0.0.2", long+"\r\n\r\n"); got != 200 {
		t.Errorf("a trusted proxy got %d, want 200", got)
	}
	if got, _ := r.exchange("GET /api/v1/authorize HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+tok+"\r\n\r\n", 1); got != "200 open" {
		t.Errorf("a request of the usual length got %s, want 200", got)
	}
	io.WriteString(begun[0], "\r\n\r\n") // is answered, and makes room
	if status, _, err := readAnswer(bufio.NewReader(begun[0]), "GET"); status != 200 || err != nil {
		t.Errorf("a long request that is whole got %d, %v", status, err)
	}
	until(longAtOnce - 1)
	if got := ask("127.0.0.1", long+"\r\n\r\n"); got != 200 {
		t.Errorf("one that finds room got %d, want 200", got)
	}
}

// A question that is answered yes leaves no trace that an id could name.
func TestAuthorize_HasARequestIDIfSomethingIsWrittenOfIt(t *testing.T) {
	for _, level := range []slog.Level{slog.LevelInfo, slog.LevelDebug} {
		r := serving(t, func(o *settings) { o.LogLevel = level })
		_, ann := r.token("ann", "ReadHealthCheck")
		for _, test := range []struct {
			name, query string
			headers     []string
			written     bool
		}{
			{"good", "?permission=ReadHealthCheck", bearer(ann), level == slog.LevelDebug},
			{"no credential", "", nil, true},
			{"a bad one", "", bearer("x"), true},
			{"a mistyped one", "", bearer(ann[:len(ann)-1] + "_"), true},
			{"a permission that lacks", "?permission=ManageCluster", bearer(ann), true},
			{"a misspelt key", "?x=1", bearer(ann), true},
			{"an id of the client", "", append(bearer(ann), "X-Request-Id", "forged"), level == slog.LevelDebug},
		} {
			res, _ := r.ask("GET", authorizePath+test.query, "", test.headers...)
			id := res.Header.Get("X-Request-Id")
			if (len(id) == 36) != test.written || !test.written && id != "" {
				t.Errorf("%v, %s: the answer has the request id %q; want one: %v", level, test.name, id, test.written)
			}
			if log := r.err.String(); test.written && !strings.Contains(log, "msg=request") || id != "" && !strings.Contains(log, "request="+id) {
				t.Errorf("%v, %s: the log does not know the request %q", level, test.name, id)
			}
		}
	}
}

func TestAuthorize_APanicIsAnsweredAndLogged(t *testing.T) {
	out := new(webtest.Output)
	s := &Server{o: Options{Now: time.Now, Log: slog.New(slog.NewTextHandler(out, nil))}, timed: newTimed()}
	w := httptest.NewRecorder()
	noVerifier := new(authn.Authenticator)
	s.authorize(noVerifier).ServeHTTP(w, newQuestion("Bearer x"))
	if w.Code != 500 || w.Body.String() != "something went wrong on our side" {
		t.Errorf("got %d %q, want 500 and no detail", w.Code, w.Body)
	}
	if id := w.Header().Get("X-Request-Id"); id == "" || !strings.Contains(out.String(), "a handler panicked") || !strings.Contains(out.String(), id) {
		t.Errorf("the log has neither the panic nor the request %q:\n%s", id, out)
	}
}

// newQuestion returns a request with the cookies of another service.
func newQuestion(authorization string) *http.Request {
	r := httptest.NewRequest("GET", authorizePath, nil)
	r.Header.Set("Authorization", authorization)
	r.Header.Set("Cookie", strings.Repeat("x", 60<<10))
	return r
}

// The answer may be delayed, and there may be many of them.
func TestAuthorize_ARefusedRequestKeepsNoLongHeaders(t *testing.T) {
	var q *http.Request
	delayed := 0
	r := serving(t, func(o *settings) {
		o.Sleep = func(context.Context, time.Duration) error {
			delayed++
			if len(q.Header) != 1 || q.Header.Get("Authorization") == "" {
				t.Errorf("a delayed request keeps %d headers", len(q.Header))
			}
			return nil
		}
	})
	for range 110 { // a hundred of them are answered at once
		q = newQuestion("Bearer x")
		r.http.Handler.ServeHTTP(httptest.NewRecorder(), q)
	}
	if delayed == 0 {
		t.Error("no answer was delayed")
	}
}

func TestHeaderText(t *testing.T) {
	for in, want := range map[string]string{
		"plain name": "plain name", "100%": "100%25", "ü": "%C3%BC", "a\r\nX-Evil: 1": "a%0D%0AX-Evil: 1", "": "", "\x7f": "%7F", "\u202eevil": "%E2%80%AEevil",
	} {
		if got := headerText(in); got != want {
			t.Errorf("headerText(%q) = %q, want %q", in, got, want)
		}
	}
}
