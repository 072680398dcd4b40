package authority_test

import (
	"context"
	"flag"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"tokenscale/audit"
	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/store/etcd/etcdtest"
	"tokenscale/token"
)

// Every step of a property test may be a commit to disk, so a few runs must do.
func TestMain(tests *testing.M) {
	if err := flag.Set("rapid.checks", "25"); err != nil {
		panic(err)
	}
	m := etcdtest.Main{Tests: tests, Variable: authoritytest.Endpoints}
	goleak.VerifyTestMain(m)
}

const (
	minute = time.Minute
	day    = 24 * time.Hour
)

var (
	root   = authoritytest.Root
	here   = authoritytest.Loopback
	office = netip.MustParseAddr("10.0.0.7")
)

// The permissions that most tests give.
var (
	health  = permission.Of(permission.ReadHealthCheck)
	tokens  = permission.Of(permission.ChangeSystemPermissions)
	cluster = permission.Of(permission.ManageCluster)
)

// as returns by asking with the mutation called action.
func as(by policy.Actor, action string) authority.Caller {
	return authority.Caller{Actor: by, Action: action}
}

// withKey returns c with an idempotency key.
func withKey(c authority.Caller, key string) authority.Caller {
	c.IdempotencyKey = key
	return c
}

// draft asks for a token with a name and no more.
func draft(name string) policy.Draft { return policy.Draft{Name: name, Permissions: health} }

// ending is draft with an expiry.
func ending(h *authoritytest.House, name string, after time.Duration) policy.Draft {
	d := draft(name)
	at := h.Clock.Millis().Add(after)
	d.Expiry.At = &at
	return d
}

// must ends the test if err is not nil.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refusal fails the test unless err is a fault with the code whose sentence
// holds the words.
func refusal(t testing.TB, err error, want fault.Code, words string) {
	t.Helper()
	if err == nil || fault.CodeOf(err) != want || !strings.Contains(err.Error(), words) {
		t.Errorf("got %q (%v), want %v and %q", err, fault.CodeOf(err), want, words)
	}
}

// verdict fails the test unless a token string used from here is judged so.
func verdict(t testing.TB, h *authoritytest.House, secret string, want policy.Outcome) {
	t.Helper()
	verdictFrom(t, h, secret, here, want)
}

func verdictFrom(t testing.TB, h *authoritytest.House, secret string, from netip.Addr, want policy.Outcome) {
	t.Helper()
	_, got := h.Verify(secret, from)
	if want == policy.Unknown && (got == policy.Deleted || got == policy.Rotated) {
		got = policy.Unknown // to the client there is no difference, and to most tests
	}
	if got != want {
		t.Errorf("from %v the token is %v, want %v", from, got, want)
	}
}

// filter makes an IP filter.
func filter(t testing.TB, h *authoritytest.House, name, text string) ipfilter.ID {
	t.Helper()
	f, err := h.CreateFilter(context.Background(), as(root(), "createIPFilter"), name, text)
	must(t, err)
	return f.ID
}

// change asks for a policy for system tokens; all others stay open.
func change(s policy.Security) policy.Change {
	open := policy.KindChange{Enabled: true}
	c := policy.Change{Personal: open, View: open, Organization: open}
	c.System.Enabled, c.System.AllowUpdates = &s.Enabled, &s.AllowUpdates
	if s.MaxAgeMs != 0 {
		c.System.MaxAgeMs = &s.MaxAgeMs
	}
	if s.FilterID != "" {
		c.System.FilterID = &s.FilterID
	}
	return c
}

const setAction = "updateTokenSecurityPolicies"

// set changes the policy for system tokens.
func set(t testing.TB, h *authoritytest.House, s policy.Security) {
	t.Helper()
	_, err := h.SetSecurity(context.Background(), as(root(), setAction), change(s))
	must(t, err)
}

func maximum(d time.Duration) policy.Security {
	return policy.Security{Enabled: true, MaxAgeMs: d.Milliseconds()}
}

// shown returns a token as the list shows it.
func shown(t testing.TB, h *authoritytest.House, id token.ID) token.Token {
	t.Helper()
	v, err := h.Authority.Token(root(), id)
	must(t, err)
	return v.Token
}

// listed reports whether a token is there.
func listed(h *authoritytest.House, id token.ID) bool {
	_, err := h.Authority.Token(root(), id)
	return err == nil
}

func rotate(t testing.TB, h *authoritytest.House, id token.ID, grace time.Duration) (token.Token, string) {
	t.Helper()
	next, secret, err := h.RotateToken(context.Background(), as(root(), "rotateToken"), id, grace.Milliseconds())
	must(t, err)
	return next, secret.Reveal()
}

// about returns the entries about a token, newest first.
func about(t testing.TB, h *authoritytest.House, id token.ID) []audit.Entry {
	t.Helper()
	_, page, err := h.Events(context.Background(), root(), audit.Query{TokenID: string(id), Limit: policy.MaxPage})
	must(t, err)
	return page
}

func tokenID(id string) token.ID { return token.ID(id) }

// addresses lets cmp compare addresses.
var addresses = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

// random is a source fit for tests only: it gives the same bytes each time.
type random struct{}

func (random) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(i)
	}
	return len(p), nil
}

// addKey puts a new key before those in the key file.
func addKey(t testing.TB, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	header, keys, _ := strings.Cut(string(text), "\n")
	must(t, os.WriteFile(path, []byte(header+"\n"+strings.Repeat("0a", 32)+"\n"+keys), 0o600))
}
