package authn

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tokenscale/fault"
	"tokenscale/permission"
	"tokenscale/policy"
	"tokenscale/token"
)

// verdicts is a Verifier that knows what to say to each string.
type verdicts map[string]policy.Outcome

func (v verdicts) Verify(credential string, _ netip.Addr) (policy.Actor, policy.Outcome) {
	if v[credential] == policy.Filtered {
		return policy.Actor{ID: "bob"}, policy.Filtered
	}
	if v[credential] != policy.Accepted {
		return policy.Actor{}, v[credential]
	}
	return policy.Actor{ID: "ann", Name: "Ann's", Permissions: permission.Of(permission.ManageCluster)}, policy.Accepted
}

func (v verdicts) Resume(s policy.Session, from netip.Addr) (policy.Actor, policy.Outcome) {
	return v.Verify(string(s.Token), from)
}

// refusal is what is told of a refused credential.
type refusal struct {
	By      policy.Actor
	Outcome policy.Outcome
}

// stand is an Authenticator in front of a handler that says "welcome".
type stand struct {
	http.Handler
	*Sessions
	authn    *Authenticator
	refusals []refusal
	actors   []policy.Actor
	log      bytes.Buffer
}

// A sealer has one key.
type sealer struct{ cipher.AEAD }

func newSealer(t *testing.T) sealer {
	t.Helper()
	block, err := aes.NewCipher([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	return sealer{seal}
}

func (s sealer) SealSession(plain, bound []byte) []byte { return s.Seal(nil, nil, plain, bound) }

func (s sealer) OpenSession(sealed, bound []byte) ([]byte, bool) {
	plain, err := s.Open(nil, nil, sealed, bound)
	return plain, err == nil
}

func newStand(t *testing.T) *stand {
	t.Helper()
	s := &stand{}
	sessions := NewSessions(newSealer(t), "store")
	s.Sessions = sessions
	s.authn = &Authenticator{
		Verifier: verdicts{
			"good": policy.Accepted, "unknown": policy.Unknown, "wrong": policy.Wrong, "expired": policy.Expired,
			"disabled": policy.Disabled, "damaged": policy.Damaged, "behind": policy.NotProven, "filtered": policy.Filtered,
		},
		Sessions: sessions,
		OnRefused: func(_ context.Context, by policy.Actor, o policy.Outcome) {
			s.refusals = append(s.refusals, refusal{by, o})
		},
		Log: slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	welcome := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := Actor(r.Context())
		if err != nil {
			t.Errorf("after it was let in: %v, want an actor", err)
		}
		s.actors = append(s.actors, a)
		w.Write([]byte("welcome"))
	})
	s.Handler = Identify([]netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}, s.authn.Protect(welcome))
	return s
}

// ask sends a request with the given headers, name and value in turn.
func (s *stand) ask(headers ...string) *http.Response {
	r := httptest.NewRequest("POST", "/graphql", nil)
	r.RemoteAddr = "192.0.2.7:1234"
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result()
}

func TestProtect(t *testing.T) {
	const invalid = `Bearer error="invalid_token"`
	tests := []struct {
		name      string
		auth      []string
		status    int
		challenge string
		body      string
		outcome   policy.Outcome
	}{
		{"no credential on a protected path", nil, 401, "Bearer", missingText, 0},
		{"unknown", []string{"Bearer unknown"}, 401, invalid, invalidText, policy.Unknown},
		{"malformed", []string{"Bearer gibberish"}, 401, invalid, invalidText, policy.Malformed},
		{"malformed header", []string{"Gibberish"}, 401, invalid, invalidText, policy.Malformed},
		{"two headers", []string{"Bearer good", "Bearer good"}, 401, invalid, invalidText, policy.Malformed},
		{"wrong", []string{"Bearer wrong"}, 401, invalid, invalidText, policy.Wrong},
		{"expired", []string{"Bearer expired"}, 401, invalid, invalidText, policy.Expired},
		{"disabled", []string{"Bearer disabled"}, 401, invalid, invalidText, policy.Disabled},
		{"damaged", []string{"Bearer damaged"}, 401, invalid, invalidText, policy.Damaged},
		{"the node may be behind", []string{"Bearer behind"}, 503, "", notProvenText, policy.NotProven},
		{"IP filter refuses", []string{"Bearer filtered"}, 403, "", filteredText, policy.Filtered},
		{"accepted", []string{"Bearer good"}, 200, "", "welcome", policy.Accepted},
		{"accepted as Basic", []string{"Basic dTpnb29k"}, 200, "", "welcome", policy.Accepted},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStand(t)
			var headers []string
			for _, line := range test.auth {
				headers = append(headers, "Authorization", line)
			}
			res := s.ask(headers...)
			var body bytes.Buffer
			body.ReadFrom(res.Body)
			if res.StatusCode != test.status || body.String() != test.body || res.Header.Get("WWW-Authenticate") != test.challenge {
				t.Errorf("got %d %q, challenge %q; want %d %q, %q",
					res.StatusCode, body.String(), res.Header.Get("WWW-Authenticate"), test.status, test.body, test.challenge)
			}
			id := res.Header.Get("X-Request-Id")
			if len(id) != 36 || id[14] != '7' {
				t.Errorf("X-Request-Id = %q, want a UUID of version 7", id)
			}
			var want []refusal
			if test.status != 200 && test.status != 503 && test.auth != nil {
				by := policy.Actor{IP: netip.MustParseAddr("192.0.2.7"), RequestID: id}
				if test.outcome == policy.Filtered {
					by.ID = "bob"
				}
				want = []refusal{{by, test.outcome}}
			}
			if diff := cmp.Diff(s.refusals, want, cmp.Comparer(sameAddr)); diff != "" {
				t.Errorf("refusals told (-got +want):\n%s", diff)
			}
		})
	}
}

func sameAddr(a, b netip.Addr) bool { return a == b }

// Nothing in the answer may tell one bad token from another.
func TestOneAnswerForEveryBadToken(t *testing.T) {
	var first http.Header
	for _, auth := range []string{"Bearer unknown", "Bearer gibberish", "Nonsense", "Bearer wrong", "Bearer expired", "Bearer disabled", "Bearer damaged"} {
		h := newStand(t).ask("Authorization", auth).Header
		h.Del("X-Request-Id")
		if first == nil {
			first = h
		}
		if diff := cmp.Diff(h, first); diff != "" {
			t.Errorf("%s is answered differently (-got +want):\n%s", auth, diff)
		}
	}
}

func TestTheActorKnowsItsRequest(t *testing.T) {
	s := newStand(t)
	res := s.ask("Authorization", "Bearer good", "X-Request-Id", "forged")
	want := policy.Actor{
		ID: "ann", Name: "Ann's", Permissions: permission.Of(permission.ManageCluster),
		IP: netip.MustParseAddr("192.0.2.7"), RequestID: res.Header.Get("X-Request-Id"),
	}
	if diff := cmp.Diff(s.actors, []policy.Actor{want}, cmp.Comparer(sameAddr)); diff != "" {
		t.Errorf("actor (-got +want):\n%s", diff)
	}
	if want.RequestID == "forged" {
		t.Error("the client chose the request ID, want our own")
	}
}

func TestNoCredentialIsLogged(t *testing.T) {
	s := newStand(t)
	secret, err := token.MintFor(token.Root, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s.ask("Authorization", "Bearer "+secret.Reveal())
	s.ask("Authorization", "Bearer wrong-but-secret")
	if got := s.log.String(); strings.Contains(got, "secret") || strings.Contains(got, secret.Reveal()[10:20]) {
		t.Errorf("the log holds a credential:\n%s", got)
	}
}

func TestActorWithoutAnAuthenticator(t *testing.T) {
	if _, err := Actor(t.Context()); fault.CodeOf(err) != fault.Unauthenticated {
		t.Errorf("Actor = %v, want a fault UNAUTHENTICATED", err)
	}
	if req := RequestOf(t.Context()); *req != (Request{}) {
		t.Errorf("RequestOf = %+v, want an empty one", req)
	}
}

// session returns the cookie that the stand gives to who begins a session.
func (s *stand) session(id token.ID) *http.Cookie {
	w := httptest.NewRecorder()
	s.Begin(w, httptest.NewRequest("POST", "/api/v1/session", nil), policy.Session{ID: policy.SessionID{7}, Token: id, Mark: [8]byte{1, 2}, IssuedAt: 1795435200000})
	return w.Result().Cookies()[0]
}

func TestSession(t *testing.T) {
	s := newStand(t)
	good := s.session("good").String()
	bad := strings.Replace(good, "-store=", "-store=AAAA", 1)
	another := strings.Replace(good, "-store=", "-other=", 1)
	tests := []struct {
		name    string
		headers []string
		status  int
		cleared bool
	}{
		{"the page's cookie is accepted", []string{"Cookie", good, "X-Requested-By", "tokenscale"}, 200, false},
		{"a cookie without the page's header is no credential", []string{"Cookie", good}, 401, false},
		{"a cookie with another header is no credential", []string{"Cookie", good, "X-Requested-By", "mallory"}, 401, false},
		{"the header without a cookie is no credential", []string{"X-Requested-By", "tokenscale"}, 401, false},
		{"a forged cookie is refused and left where it is", []string{"Cookie", bad, "X-Requested-By", "tokenscale"}, 401, false},
		{"an empty cookie is refused and left where it is", []string{"Cookie", "tokenscale-store=", "X-Requested-By", "tokenscale"}, 401, false},
		{"two cookies are refused", []string{"Cookie", good + "; " + good, "X-Requested-By", "tokenscale"}, 401, false},
		{"a cookie of another store is none", []string{"Cookie", another, "X-Requested-By", "tokenscale"}, 401, false},
		{"a cookie of another store does no harm", []string{"Cookie", another + "; " + good, "X-Requested-By", "tokenscale"}, 200, false},
		{"a session dies with its token", []string{"Cookie", s.session("unknown").String(), "X-Requested-By", "tokenscale"}, 401, true},
		{"a session is bound by the IP filter of its token", []string{"Cookie", s.session("filtered").String(), "X-Requested-By", "tokenscale"}, 403, false},
		{"a page of the identity whose session it is", []string{"Cookie", good, "X-Requested-By", "tokenscale", "X-Requested-As", "ann"}, 200, false},
		{"a page of an identity that somebody else has followed", []string{"Cookie", good, "X-Requested-By", "tokenscale", "X-Requested-As", "bob"}, 409, false},
		{"a dead session is dead whoever the page is of", []string{"Cookie", s.session("unknown").String(), "X-Requested-By", "tokenscale", "X-Requested-As", "ann"}, 401, true},
		{"whom a page is of says nothing of a token", []string{"Authorization", "Bearer good", "X-Requested-As", "bob"}, 200, false},
		{"an Authorization header wins over the cookie", []string{"Cookie", good, "X-Requested-By", "tokenscale", "Authorization", "Bearer wrong"}, 401, false},
		{"a good Authorization header wins over a bad cookie", []string{"Cookie", bad, "X-Requested-By", "tokenscale", "Authorization", "Bearer good"}, 200, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			res := s.ask(test.headers...)
			cleared := len(res.Cookies()) == 1 && res.Cookies()[0].MaxAge < 0
			if res.StatusCode != test.status || cleared != test.cleared {
				t.Errorf("got %d, cookie taken away: %v; want %d, %v", res.StatusCode, cleared, test.status, test.cleared)
			}
		})
	}
}

func TestEveryChangedBitOfACookieIsRefused(t *testing.T) {
	s := newStand(t)
	value := s.session("good").Value
	for i := range len(value) {
		changed := []byte(value)
		if changed[i]++; changed[i] == 'z'+1 {
			changed[i] = 'A'
		}
		if res := s.ask("Cookie", "tokenscale-store="+string(changed), "X-Requested-By", "tokenscale"); res.StatusCode != 401 {
			t.Errorf("with byte %d changed: %d, want 401", i, res.StatusCode)
		}
	}
}

func TestCookie(t *testing.T) {
	s := newStand(t)
	tests := []struct {
		name   string
		tls    bool
		peer   string
		want   string
		secure bool
	}{
		{"over plain HTTP", false, "192.0.2.7:1", "tokenscale-store", false},
		{"over TLS", true, "192.0.2.7:1", "__Host-tokenscale-store", true},
		{"over TLS to a trusted proxy", false, "10.0.0.1:1", "__Host-tokenscale-store", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/api/v1/session", nil)
			r.RemoteAddr, r.TLS = test.peer, nil
			r.Header.Set("X-Forwarded-Proto", "https")
			if test.tls {
				r.TLS = &tls.ConnectionState{}
			}
			w := httptest.NewRecorder()
			Identify([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				s.Begin(w, r, policy.Session{Token: "good"})
			})).ServeHTTP(w, r)
			got := w.Result().Cookies()[0]
			want := &http.Cookie{Name: test.want, Path: "/", MaxAge: 12 * 3600, HttpOnly: true, Secure: test.secure, SameSite: http.SameSiteStrictMode}
			if diff := cmp.Diff(got, want, cmpopts.IgnoreFields(http.Cookie{}, "Raw", "Value")); diff != "" {
				t.Errorf("cookie (-got +want):\n%s", diff)
			}
			if strings.Contains(got.Value, "good") {
				t.Errorf("the cookie shows the token's ID: %s", got.Value)
			}
		})
	}
}

// What else the browser keeps for the host may be another server's.
func TestEnd_TakesOurCookieAndNothingElse(t *testing.T) {
	w := httptest.NewRecorder()
	newStand(t).End(w, httptest.NewRequest("DELETE", "/api/v1/session", nil))
	res := w.Result()
	if c := res.Cookies(); len(c) != 1 || c[0].Name != "tokenscale-store" || c[0].MaxAge >= 0 || len(res.Header) != 1 {
		t.Errorf("End sends %v, want our cookie taken away and nothing else", res.Header)
	}
}

// Two stores may have been made with one key file.
func TestSession_OfAnotherStoreDoesNotOpen(t *testing.T) {
	s := newStand(t)
	other := NewSessions(newSealer(t), "other")
	r := httptest.NewRequest("GET", "/api/v1/session", nil)
	r.Header.Set("X-Requested-By", "tokenscale")
	r.AddCookie(&http.Cookie{Name: "tokenscale-other", Value: s.session("good").Value})
	if got, ok := other.Of(r); ok {
		t.Errorf("it opens as %+v", got)
	}
}
