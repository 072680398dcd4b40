package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tokenscale/store"
	"tokenscale/web/webtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// running is a server under test.
type running struct {
	*App
	t       testing.TB
	url     string
	root    string // the root token
	err     *webtest.Output
	client  *http.Client
	stop    context.CancelFunc
	stopped chan error // what Wait returned
}

// atOnce is how most tests wait for answers that are delayed.
func atOnce(context.Context, time.Duration) error { return nil }

// serving starts a server on a free port and a fresh folder.
func serving(t testing.TB, change func(*Options)) *running {
	t.Helper()
	r := &running{t: t, err: new(webtest.Output), stopped: make(chan error, 1), client: webtest.NewClient()}
	o := Options{
		Listen: "127.0.0.1:0", LogLevel: slog.LevelDebug, LogFormat: "text",
		Now: time.Now, Sleep: atOnce, Random: rand.Reader, Stdout: io.Discard, Stderr: r.err,
	}
	o.Data = filepath.Join(t.TempDir(), "data")
	if change != nil {
		change(&o)
	}
	var err error
	if r.App, err = Start(t.Context(), o); err != nil {
		t.Fatalf("Start: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	go func() { r.stopped <- r.Wait(ctx); close(r.stopped) }()
	t.Cleanup(func() {
		r.client.CloseIdleConnections() // or the server would wait for them a little
		cancel()
		<-r.stopped
	})
	r.url = r.base()
	if m := regexp.MustCompile(`localroot~\S+`).FindString(r.err.String()); m != "" {
		r.root = m
	}
	return r
}

// ask sends a request to the server; see webtest.Ask.
func (r *running) ask(method, path, body string, headers ...string) (*http.Response, string) {
	r.t.Helper()
	return webtest.Ask(r.t, r.client, method, r.url+path, body, headers...)
}

// bearer returns the header of a token.
func bearer(token string) []string { return webtest.Bearer(token) }

// token makes a token with the given permissions, as a list of GraphQL.
func (r *running) token(name, permissions string) (id, token string) {
	r.t.Helper()
	return webtest.Token(r.t, r.client, r.url, r.root, name, permissions)
}

func TestARequestUnderWayIsAnsweredWhenTheServerStops(t *testing.T) {
	r := serving(t, nil)
	conn, err := net.Dial("tcp", r.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const body = `{"query":"{viewer{username}}"}`
	fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", r.root, len(body), body[:5])
	time.Sleep(50 * time.Millisecond) // the server has begun to read
	r.stop()
	time.Sleep(50 * time.Millisecond)
	if _, err := net.Dial("tcp", r.Addr().String()); err == nil {
		t.Error("a stopping server still listens")
	}
	fmt.Fprint(conn, body[5:])
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.Contains(string(answer), `"username":"localroot"`) {
		t.Errorf("the request under way got %q, %v; want its answer", answer, err)
	}
	if err := <-r.stopped; err != nil {
		t.Errorf("Wait = %v, want nil", err)
	}
}

func TestStartTakesEverythingBackWhenItFails(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	data := filepath.Join(t.TempDir(), "data")
	failing := Options{Listen: taken.Addr().String(), LogFormat: "text", Now: time.Now, Random: rand.Reader, Stdout: io.Discard, Stderr: io.Discard}
	failing.Data = data
	if a, err := Start(t.Context(), failing); err == nil {
		a.close()
		t.Fatal("Start succeeded on an address that is taken")
	}
	r := serving(t, func(o *Options) { o.Data = data }) // the folder is not locked any more
	if r.root == "" {
		t.Error("no root token was shown; the failed start must not have made it")
	}
}

// A store that fails takes no more changes. Tokens are still verified for a
// while, from memory; then a supervisor has to start a new server.
func TestAStoreThatStopped(t *testing.T) {
	r := serving(t, func(o *Options) { o.StopAfter = 1500 * time.Millisecond })
	_, nurse := r.token("nurse", "ReadHealthCheck")
	file := filepath.Join(r.opts.Data, "store.db")
	if err := os.Rename(file, file+".away"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-r.db.Stopped():
	case <-time.After(10 * time.Second):
		t.Fatal("the store did not notice that its file is gone")
	}
	tests := []struct {
		name, path string
		headers    []string
		status     int
		text       string
	}{
		{"readiness is false", "/readyz", nil, 503, "not ready"},
		{"the process is alive", "/livez", nil, 200, "alive"},
		{"status is DOWN", "/api/v1/status", nil, 503, `"status":"DOWN"`},
		{"the health check says what is down", "/api/v1/health", bearer(nurse), 503, "store-writable [DOWN]"},
		{"verification goes on", "/api/v1/authorize?permission=ReadHealthCheck", bearer(nurse), 200, ""},
		{"a bad token is still refused", "/api/v1/authorize", bearer("bad"), 401, "The supplied authentication is invalid"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if res, text := r.ask("GET", test.path, "", test.headers...); res.StatusCode != test.status || !strings.Contains(text, test.text) {
				t.Errorf("got %d %q, want %d %q", res.StatusCode, text, test.status, test.text)
			}
		})
	}
	if _, text := r.ask("POST", "/graphql", `{"query":"mutation { createSystemToken(input: {name: \"late\", permissions: []}) { token } }"}`, bearer(r.root)...); !strings.Contains(text, "UNAVAILABLE") {
		t.Errorf("a change got %s, want UNAVAILABLE", text)
	}
	select {
	case err := <-r.stopped:
		if !errors.Is(err, store.ErrStopped) {
			t.Errorf("Wait = %v, want an error that wraps ErrStopped", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("the server did not stop")
	}
}

func TestCloseGoesOnAfterAFailureInTheOppositeOrder(t *testing.T) {
	var order []string
	a := &App{}
	for _, name := range []string{"first", "second", "third"} {
		a.undoes(name, func(context.Context) error {
			order = append(order, name)
			if name != "first" {
				return errors.New("no")
			}
			return nil
		})
	}
	err := a.close()
	if got := strings.Join(order, " "); got != "third second first" {
		t.Errorf("closed %s, want third second first", got)
	}
	if want := "closing the third: no\nclosing the second: no"; err == nil || err.Error() != want {
		t.Errorf("close = %v, want %s", err, want)
	}
}
