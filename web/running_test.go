package web

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tokenscale/authority"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/store"
	"tokenscale/store/bolt"
	"tokenscale/web/webtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// settings are what a test changes of a server.
type settings struct {
	Options
	LogLevel        slog.Level
	MaxConnections  int
	TLSCert, TLSKey string
	wrap            func(store.DB) store.DB // goes between the authority and its store
}

// running is a server under test, upon a store of its own.
type running struct {
	*Server
	t      testing.TB
	db     *bolt.DB
	ln     net.Listener
	ends   []func() // in the opposite order
	url    string
	root   string // the root token
	err    *webtest.Output
	client *http.Client
}

// atOnce is how most tests wait for answers that are delayed.
func atOnce(context.Context, time.Duration) error { return nil }

// serving starts a server on a free port and a fresh store.
func serving(t testing.TB, change func(*settings)) *running {
	t.Helper()
	r := &running{t: t, err: new(webtest.Output), client: webtest.NewClient()}
	o := settings{LogLevel: slog.LevelDebug, Options: Options{
		Listen: "127.0.0.1:0", Data: t.TempDir(), Version: "0.1.0--build-0--sha-0000000", Now: time.Now, Sleep: atOnce,
	}}
	if change != nil {
		change(&o)
	}
	o.Log = slog.New(slog.NewTextHandler(r.err, &slog.HandlerOptions{Level: o.LogLevel}))
	t.Cleanup(r.stop)
	r.must(r.open(&o))
	r.must(r.connections(&o))
	var err error
	r.Server, err = New(o.Options)
	r.must(err)
	r.listen(o.Listen)
	return r
}

func (r *running) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// stop ends the server, and closes its store.
func (r *running) stop() {
	for _, end := range slices.Backward(r.ends) {
		end()
	}
	r.ends = nil
}

// open opens the store and the authority, and keeps the root token if it is
// new.
func (r *running) open(o *settings) (err error) {
	if r.db, err = bolt.Open(bolt.Options{Folder: o.Data, Tables: rows.Tables(), Now: o.Now}); err != nil {
		return err
	}
	r.ends = append(r.ends, func() { _ = r.db.Close() })
	keys, err := keysIn(o.Data)
	if err != nil {
		return err
	}
	db := store.DB(r.db)
	if o.wrap != nil {
		db = o.wrap(db)
	}
	auth, err := authority.Open(r.t.Context(), authority.Options{DB: db, Keys: keys, Now: o.Now, Random: rand.Reader, Log: o.Log})
	if err != nil {
		return err
	}
	auth.Start()
	r.ends = append(r.ends, func() { _ = auth.Close(context.Background()) })
	root, made, err := auth.FirstRoot(r.t.Context())
	if made {
		r.root = root.Reveal()
	}
	o.Authority, o.Store, o.Sessions = auth, r.db, keys
	return err
}

// keysIn returns the keys in a folder, and makes them if there are none.
func keysIn(folder string) (*keyring.Keys, error) {
	path := filepath.Join(folder, "keys")
	keys, err := keyring.Load(path)
	if errors.Is(err, keyring.ErrNoFile) {
		return keyring.Create(path, rand.Reader)
	}
	return keys, err
}

// connections sets the limit of connections and the certificate.
func (r *running) connections(o *settings) (err error) {
	if o.TLSCert != "" {
		if o.Certificate, err = LoadCertificate(o.TLSCert, o.TLSKey, o.Now, o.Log); err != nil {
			return err
		}
	}
	o.Limit, err = NewConnLimit(o.MaxConnections, o.TrustedProxies, o.Certificate != nil, o.Log)
	return err
}

// listen serves until the test is over.
func (r *running) listen(address string) {
	r.t.Helper()
	ln, err := net.Listen("tcp", address)
	r.must(err)
	r.ln, r.url = ln, "http://"+ln.Addr().String()
	if r.o.Certificate != nil {
		r.url = "https://" + ln.Addr().String()
	}
	served := make(chan error, 1)
	go func() { served <- r.Serve(ln) }()
	r.ends = append(r.ends, func() {
		r.client.CloseIdleConnections() // or the server would wait for them a little
		_ = ln.Close()
		<-served
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := r.Shutdown(ctx); err != nil {
			_ = r.Close()
		}
	})
}

// Addr returns the address that the server listens on.
func (r *running) Addr() net.Addr { return r.ln.Addr() }

// ask sends a request to the server; see webtest.Ask.
func (r *running) ask(method, path, body string, headers ...string) (*http.Response, string) {
	r.t.Helper()
	return webtest.Ask(r.t, r.client, method, r.url+path, body, headers...)
}

// token makes a token with the given permissions, as a list of GraphQL.
func (r *running) token(name, permissions string) (id, token string) {
	r.t.Helper()
	return webtest.Token(r.t, r.client, r.url, r.root, name, permissions)
}

func (r *running) remove(id string) {
	r.t.Helper()
	_, text := r.ask("POST", "/graphql", `{"query":"mutation { deleteSystemToken(input: {id: \"`+id+`\"}) }"}`, bearer(r.root)...)
	if !strings.Contains(text, "true") {
		r.t.Fatalf("the token was not deleted: %s", text)
	}
}

// bearer returns the header of a token.
func bearer(token string) []string { return webtest.Bearer(token) }
