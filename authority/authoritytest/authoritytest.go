// Package authoritytest opens a real Authority on a real store in a folder of
// the test, with a clock the test sets. Tests above use it, so that they say
// only what is theirs.
package authoritytest

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tokenscale/audit"
	"tokenscale/authority"
	"tokenscale/epoch"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/store/bolt"
	"tokenscale/token"
)

// Noon is the moment at which the clock of every House stands at first.
var Noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// A House is an Authority with what it stands on.
type House struct {
	*authority.Authority
	DB    store.DB
	Clock *Clock
	Log   *Log

	tb     testing.TB
	folder string
}

// Open builds a House in a folder of its own. It is closed when the test ends.
func Open(tb testing.TB) *House {
	tb.Helper()
	h := &House{tb: tb, folder: tb.TempDir(), Clock: &Clock{now: Noon}, Log: &Log{}}
	h.open()
	tb.Cleanup(h.close)
	return h
}

// Reopen closes the House and builds it again on the same folder, as a
// restart does.
func (h *House) Reopen() {
	h.tb.Helper()
	h.close()
	h.open()
}

func (h *House) open() {
	h.tb.Helper()
	db, err := bolt.Open(bolt.Options{Folder: filepath.Join(h.folder, "data"), Tables: authority.Tables(), Now: h.Clock.Now})
	if err != nil {
		h.tb.Fatal(err)
	}
	h.DB = db
	path := filepath.Join(h.folder, "keys")
	keys, err := authority.LoadKeys(path)
	if err != nil {
		keys, err = authority.CreateKeys(path, rand.Reader)
	}
	if err != nil {
		h.tb.Fatal(err)
	}
	h.Authority, err = authority.Open(context.Background(), authority.Options{
		DB: db, Keys: keys, Now: h.Clock.Now, Random: rand.Reader,
		Log: slog.New(slog.NewTextHandler(h.Log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		h.tb.Fatal(err)
	}
}

func (h *House) close() {
	if h.DB == nil {
		return
	}
	if err := h.Authority.Close(context.Background()); err != nil {
		h.tb.Errorf("closing the authority: %v", err)
	}
	if err := h.DB.Close(); err != nil {
		h.tb.Errorf("closing the store: %v", err)
	}
	h.DB = nil
}

// Loopback is the address that the actors of a House call from.
var Loopback = netip.MustParseAddr("127.0.0.1")

// Root returns root, calling from Loopback.
func Root() policy.Actor {
	a := policy.RootActor()
	a.IP = Loopback
	return a
}

// Token makes a token as root, and returns it with its string.
func (h *House) Token(d policy.Draft) (token.Token, string) {
	h.tb.Helper()
	t, secret, err := h.CreateToken(context.Background(), Root(), d, "createSystemToken")
	if err != nil {
		h.tb.Fatal(err)
	}
	return t, secret.Reveal()
}

// Holder makes a token with the permissions, and returns the actor that holds
// it and its string.
func (h *House) Holder(permissions ...permission.Permission) (policy.Actor, string) {
	h.tb.Helper()
	t, secret := h.Token(policy.Draft{Name: "holder", Permissions: permission.Of(permissions...)})
	actor, outcome := h.Verify(secret, Loopback)
	if outcome != policy.Accepted {
		h.tb.Fatalf("the new token %s is %v", t.ID, outcome)
	}
	return actor, secret
}

// Trail returns the whole audit log, newest first.
func (h *House) Trail() []audit.Entry {
	h.tb.Helper()
	var all []audit.Entry
	for {
		total, page, err := h.Events(context.Background(), Root(), authority.EventQuery{Skip: len(all), Limit: policy.MaxPage})
		if err != nil {
			h.tb.Fatal(err)
		}
		if all = append(all, page...); len(all) >= total {
			return all
		}
	}
}

// A Clock stands still until it is moved. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Millis returns the time in milliseconds.
func (c *Clock) Millis() epoch.Millis { return epoch.Of(c.Now()) }

// Pass moves the clock on by d.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// A Log keeps what was logged. It is safe for concurrent use.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// String returns all that was logged.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
