package web

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"tokenscale/authn"
	"tokenscale/web/webtest"
)

func TestRoutes(t *testing.T) {
	r := serving(t, nil)
	_, nurse := r.token("nurse", "ReadHealthCheck")
	_, boss := r.token("boss", "ManageCluster")
	_, clerk := r.token("clerk", "ChangeUsername")
	tests := []struct {
		name         string
		method, path string
		headers      []string
		status       int
		want         string // in the body, or in a header as "Name: value"
	}{
		{"the page", "GET", "/", nil, 200, "<!doctype html>"},
		{"a browser that opens the API is led to the explorer", "GET", "/graphql", []string{"Accept", "text/html,*/*"}, 302, "Location: ./docs/api-explorer"},
		{"the playground leads to the explorer", "GET", "/playground", nil, 302, "Location: ./docs/api-explorer"},
		{"the explorer", "GET", "/docs/api-explorer", nil, 200, "<!doctype html>"},
		{"the manual", "GET", "/docs/", nil, 200, "<h1>Manual</h1>"},
		{"the manual without its slash", "GET", "/docs", nil, 302, "Location: ./docs/"},
		{"a document of the manual", "GET", "/docs/operations", nil, 200, "Running it · tokenscale"},
		{"a document as it was written", "GET", "/docs/operations.md", nil, 200, "# Running it"},
		{"a document that there is not", "GET", "/docs/nothing", nil, 404, "The manual has nothing at this address."},
		{"a document by POST", "POST", "/docs/operations", nil, 405, "Allow: GET, HEAD"},
		{"the API without a credential", "GET", "/graphql", nil, 401, "WWW-Authenticate: Bearer"},
		{"a query by GET", "GET", "/graphql?query={viewer{username}}", bearer(nurse), 200, `{"data":{"viewer":{"username":"nurse"}}}`},
		{"a query by HEAD", "HEAD", "/graphql?query={viewer{username}}", bearer(nurse), 200, "Content-Length: 40"},
		{"a query by GET without a credential", "GET", "/graphql?query={viewer{username}}", nil, 401, "WWW-Authenticate: Bearer"},
		{"a query by GET with a token in the address", "GET", "/graphql?query={viewer{username}}&access_token=" + nurse + "&token=" + nurse, nil, 401, "WWW-Authenticate: Bearer"},
		{"a query by GET with a bad token", "GET", "/graphql?query={viewer{username}}", bearer("x"), 401, "The supplied authentication is invalid"},
		{"a mutation by GET", "GET", "/graphql?query=mutation{deleteToken(input:{id:%22x%22})}", bearer(boss), 405, "Allow: POST"},
		{"the API by another method", "PUT", "/graphql", bearer(boss), 405, "Allow: GET, HEAD, POST"},
		{"the API with a slash behind it", "GET", "/graphql/?query={viewer{username}}", bearer(nurse), 200, `"username":"nurse"`},
		{"the API with a slash behind it, without a credential", "POST", "/graphql/", nil, 401, "WWW-Authenticate: Bearer"},
		{"a browser that opens the API with a slash behind it", "GET", "/graphql/", []string{"Accept", "text/html"}, 302, "Location: ../docs/api-explorer"},
		{"a browser that opens a link with a query", "GET", "/graphql?query={viewer{id}}", []string{"Accept", "text/html,*/*"}, 302, "Location: ./docs/api-explorer"},
		{"a program whose library likes HTML", "GET", "/graphql?query={viewer{username}}", append([]string{"Accept", "text/html, image/gif, *; q=.2"}, bearer(nurse)...), 200, `"username":"nurse"`},
		{"below the API", "GET", "/graphql/stream", nil, 404, "There is nothing at this address."},
		{"below the API by POST", "POST", "/graphql/batch", bearer(nurse), 404, "There is nothing at this address."},
		{"status needs nothing", "GET", "/api/v1/status", nil, 200, `{"status":"OK","version":"0.1.0--build-0--sha-`},
		{"status by HEAD", "HEAD", "/api/v1/status", nil, 200, ""},
		{"status by POST", "POST", "/api/v1/status", nil, 405, "Allow: GET, HEAD"},
		{"health with ReadHealthCheck", "GET", "/api/v1/health", bearer(nurse), 200, "OK - everything is working"},
		{"health with ManageCluster", "GET", "/api/v1/health", bearer(boss), 200, "  store-writable [OK]: size="},
		{"health with another permission", "GET", "/api/v1/health", bearer(clerk), 403, "Read cluster health check not allowed"},
		{"health with nothing", "GET", "/api/v1/health", nil, 401, "The resource requires authentication, which was not supplied with the request"},
		{"health-json with ReadHealthCheck", "GET", "/api/v1/health-json", bearer(nurse), 200, `"warnings":[],"down":[]}`},
		{"health-json with another permission", "GET", "/api/v1/health-json", bearer(clerk), 403, "Read cluster health check not allowed"},
		{"metrics with ReadHealthCheck", "GET", "/metrics", bearer(nurse), 200, `tokenscale_tokens{state="active"} 3`},
		{"metrics count commands", "GET", "/metrics", bearer(boss), 200, `tokenscale_commands_total{action="createSystemToken",result="ok"} 3`},
		{"metrics with another permission", "GET", "/metrics", bearer(clerk), 403, "Read cluster health check not allowed"},
		{"metrics with nothing tell nobody why tokens are refused", "GET", "/metrics", nil, 401, "The resource requires authentication"},
		{"livez", "GET", "/livez", nil, 200, "alive"},
		{"readyz", "GET", "/readyz", nil, 200, "ready"},
		{"an address of the API that is none", "GET", "/api/v1/nothing", nil, 404, "There is nothing at this address."},
		{"the same by HEAD", "HEAD", "/api/v1/nothing", nil, 404, ""},
		{"the same by POST", "POST", "/api/v1/nothing", bearer(boss), 404, "There is nothing at this address."},
		{"the same by PUT", "PUT", "/api/v1/nothing", nil, 404, "There is nothing at this address."},
		{"the same by PATCH", "PATCH", "/api/v1/nothing", nil, 404, "There is nothing at this address."},
		{"the same by DELETE", "DELETE", "/api/v1/nothing", nil, 404, "There is nothing at this address."},
		{"the same by OPTIONS", "OPTIONS", "/api/v1/nothing", nil, 404, "There is nothing at this address."},
		{"the same by PROPFIND", "PROPFIND", "/api/v1/nothing", nil, 404, "There is nothing at this address."},
		{"the same by TRACE", "TRACE", "/api/", bearer(boss), 404, "There is nothing at this address."},
		{"an address of the API by a method that nobody knows", "BREW", "/api/v1/status", nil, 501, "This server does not know the method."},
		{"the API's own folder", "GET", "/api", []string{"Accept", "text/html"}, 404, "There is nothing at this address."},
		{"the API's own folder, with a slash", "POST", "/api/", nil, 404, "There is nothing at this address."},
		{"an older version of the API", "GET", "/api/v0/status", nil, 404, "There is nothing at this address."},
		{"below an address that is known", "GET", "/api/v1/status/", nil, 404, "There is nothing at this address."},
		{"a request that names a file outside", "GET", "/assets/..%2f..%2fetc%2fpasswd", nil, 404, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			res, text := r.ask(test.method, test.path, "", test.headers...)
			header, value, _ := strings.Cut(test.want, ": ")
			if res.StatusCode != test.status || !strings.Contains(text, test.want) && res.Header.Get(header) != value {
				t.Errorf("got %d %v %q, want %d %q", res.StatusCode, res.Header, text, test.status, test.want)
			}
			for _, name := range []string{"X-Request-Id", "X-Content-Type-Options", "Content-Security-Policy", "Referrer-Policy"} {
				if res.Header.Get(name) == "" {
					t.Errorf("the answer has no %s", name)
				}
			}
		})
	}
}

// What a client is told, end to end: one answer for every kind of
// bad token.
func TestOneAnswerForEveryBadToken(t *testing.T) {
	r := serving(t, nil)
	id, deleted := r.token("gone", "")
	r.remove(id)
	_, good := r.token("good", "")
	_, other := r.token("other", "")
	wrong := good[:32] + other[32:]
	for name, header := range map[string]string{
		"deleted": "Bearer " + deleted, "wrong": "Bearer " + wrong, "cut": "Bearer " + good[:60], "malformed": "Bearer x",
		"a root token that is none": "Bearer " + r.root[:20] + "x" + r.root[21:], "no scheme": good,
	} {
		t.Run(name, func(t *testing.T) {
			res, text := r.ask("POST", "/graphql", `{"query":"{viewer{id}}"}`, "Authorization", header)
			if res.StatusCode != 401 || text != "The supplied authentication is invalid" || res.Header.Get("WWW-Authenticate") != `Bearer error="invalid_token"` {
				t.Errorf("got %d %q %q", res.StatusCode, text, res.Header.Get("WWW-Authenticate"))
			}
		})
	}
}

// The log has at most one line a request, and no token stands in it, wherever
// a client has put one.
func TestTheLogShowsNoToken(t *testing.T) {
	r := serving(t, nil)
	_, token := r.token("nurse", "ReadHealthCheck")
	before := strings.Count(r.err.String(), "msg=request")
	requests := 0
	for _, path := range []string{"/graphql?query={viewer{id}}&token=" + token, "/graphql?query=" + token[33:] + "&operationName=" + token[33:], "/graphql/?variables=" + token, "/" + token, "/?token=" + token, "/graphql?id=" + token, "/api/v1/authorize?permission=" + token, "/api/v1/" + token, "/docs/api-explorer/" + token} {
		for _, headers := range [][]string{nil, bearer(token), {"Authorization", token}, {"User-Agent", token}, {"X-Request-Id", token}, {"Origin", token}, {"X-Forwarded-For", token}, {"Host", token}} {
			r.ask("GET", path, "", headers...)
			r.ask("POST", path, `{"query":"`+token+`","operationName":"`+token+`"}`, headers...)
			requests += 2
		}
	}
	log := strings.ReplaceAll(r.err.String(), r.root, "")
	if strings.Contains(log, token[33:]) {
		t.Errorf("the log shows a token:\n%s", regexp.MustCompile(`.*`+token[33:]+`.*`).FindString(log))
	}
	if lines := strings.Count(log, "msg=request") - before; lines > requests {
		t.Errorf("%d requests made %d lines, want one at most each", requests, lines)
	}
}

func TestAPanicIsAnsweredAndLogged(t *testing.T) {
	out := new(webtest.Output)
	s := &Server{o: Options{Now: time.Now, Log: slog.New(slog.NewTextHandler(out, nil))}}
	h := authn.Identify(nil, s.logged(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") })))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 500 || w.Body.String() != "something went wrong on our side" {
		t.Errorf("got %d %q, want 500 and no detail", w.Code, w.Body)
	}
	if !strings.Contains(out.String(), "boom") || !strings.Contains(out.String(), w.Header().Get("X-Request-Id")) {
		t.Errorf("the log has neither the panic nor the request:\n%s", out)
	}
}

// A policy change over many tokens takes longer to answer than a stranger may.
func TestAMutationOutlastsTheTimeouts(t *testing.T) {
	a := &Server{o: Options{Now: time.Now}}
	slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // from here on net/http watches the connection
		a.bePatient(w)
		select {
		case <-r.Context().Done():
			t.Error("the request was given up")
		case <-time.After(400 * time.Millisecond):
			w.Write([]byte("done"))
		}
	})
	s := httptest.NewUnstartedServer(pace(a.o.Now, slow))
	s.Config.ReadTimeout, s.Config.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
	s.Start()
	defer s.Close()
	res, err := s.Client().Post(s.URL, "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 {
		t.Errorf("got %d, want 200", res.StatusCode)
	}
}

func TestAllTimeoutsAreSet(t *testing.T) {
	s := serving(t, nil).http
	for name, d := range map[string]time.Duration{
		"ReadHeaderTimeout": s.ReadHeaderTimeout, "ReadTimeout": s.ReadTimeout, "WriteTimeout": s.WriteTimeout, "IdleTimeout": s.IdleTimeout,
	} {
		if d <= 0 || d > time.Minute {
			t.Errorf("%s = %v, want up to a minute", name, d)
		}
	}
	if s.MaxHeaderBytes != 64<<10 {
		t.Errorf("MaxHeaderBytes = %d, want 64 KiB", s.MaxHeaderBytes)
	}
}
