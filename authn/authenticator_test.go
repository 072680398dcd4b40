package authn

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"tokenscale/policy"
	"tokenscale/token"
)

// known returns what is known of a request after an Authenticator has seen it.
func (s *stand) known(headers ...string) (known *Request) {
	r := httptest.NewRequest("POST", "/graphql", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	Identify(nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.authn.Protect(http.NotFoundHandler()).ServeHTTP(w, r)
		known = RequestOf(r.Context())
	})).ServeHTTP(httptest.NewRecorder(), r)
	return known
}

func TestProtect_TheLogLearnsWhoCameOrWhyNot(t *testing.T) {
	s := newStand(t)
	for credential, want := range map[string]struct {
		Caller  token.ID
		Refused string
	}{
		"Bearer good": {Caller: "ann"}, "Bearer expired": {Refused: "expired"}, "Bearer filtered": {Refused: "filtered"}, "Nonsense": {Refused: "malformed"},
	} {
		got := s.known("Authorization", credential)
		if got.Caller() != want.Caller || got.Refused != want.Refused {
			t.Errorf("%s: caller %q, refused %q; want %q, %q", credential, got.Caller(), got.Refused, want.Caller, want.Refused)
		}
		told := strings.Contains(s.log.String(), "reason="+want.Refused)
		if want.Refused != "" && !told {
			t.Errorf("%s: the reason %s is not in the log:\n%s", credential, want.Refused, &s.log)
		}
	}
	if !strings.Contains(s.log.String(), "token=bob") || strings.Contains(s.log.String(), "ann") {
		t.Errorf("the log names the wrong tokens:\n%s", &s.log)
	}
}

func TestProtect_ARefusalIsPlainTextAndKeptNowhere(t *testing.T) {
	for _, auth := range []string{"Bearer wrong", "Bearer filtered", "Nonsense"} {
		h := newStand(t).ask("Authorization", auth).Header
		for name, want := range map[string]string{
			"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", auth, name, got, want)
			}
		}
	}
}

// verifier remembers the session that it is asked about.
type verifier struct {
	verdicts
	asked policy.Session
}

func (v *verifier) Resume(s policy.Session, from netip.Addr) (policy.Actor, policy.Outcome) {
	v.asked = s
	return v.verdicts.Resume(s, from)
}

func TestSession_ComesBackAsItWasBegun(t *testing.T) {
	s := newStand(t)
	v := &verifier{verdicts: verdicts{"good": policy.Accepted}}
	s.authn.Verifier = v
	s.ask("Cookie", s.session("good").String(), "X-Requested-By", "tokenscale")
	want := policy.Session{ID: policy.SessionID{7}, Token: "good", Mark: [8]byte{1, 2}, IssuedAt: 1795435200000}
	if v.asked != want {
		t.Errorf("resumed is %+v, want %+v", v.asked, want)
	}
}

func TestHasSession(t *testing.T) {
	s := newStand(t)
	for name, test := range map[string]struct {
		headers []string
		want    bool
	}{
		"a good session": {[]string{"Cookie", s.session("good").String(), "X-Requested-By", "tokenscale"}, true},
		"one that only its address stands against": {[]string{"Cookie", s.session("filtered").String(), "X-Requested-By", "tokenscale"}, true},
		"one whose token is gone":                  {[]string{"Cookie", s.session("unknown").String(), "X-Requested-By", "tokenscale"}, false},
		"one whose token has expired":              {[]string{"Cookie", s.session("expired").String(), "X-Requested-By", "tokenscale"}, false},
		"one that another page sends":              {[]string{"Cookie", s.session("good").String()}, false},
		"a forged one":                             {[]string{"Cookie", "tokenscale-store=forged", "X-Requested-By", "tokenscale"}, false},
		"none":                                     {[]string{"X-Requested-By", "tokenscale"}, false},
		"a token, which is no session":             {[]string{"Authorization", "Bearer good", "X-Requested-By", "tokenscale"}, false},
	} {
		r := httptest.NewRequest("GET", "/api/v1/session", nil)
		for i := 0; i < len(test.headers); i += 2 {
			r.Header.Add(test.headers[i], test.headers[i+1])
		}
		if got := s.authn.HasSession(r); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// The figures are promised in docs/security.md and docs/operations.md.
func TestThrottle_HasTheFiguresThatArePromised(t *testing.T) {
	if refusalsAtOnce != 100 || mostClients != 32_768 {
		t.Errorf("%d refusals at once and %d clients, want 100 and 32,768", refusalsAtOnce, mostClients)
	}
	th, _ := newThrottle()
	fails(th, 1000, "192.0.2.2")
	if got := fails(th, 1, "192.0.2.3"); got != 1 {
		t.Error("the address beside one that failed is slowed down")
	}
}

func TestWithActor_IsWhoActorReturns(t *testing.T) {
	ctx := WithActor(t.Context(), policy.Actor{ID: "ann"})
	if got, err := Actor(ctx); err != nil || got.ID != "ann" || RequestOf(ctx).Caller() != "ann" {
		t.Errorf("Actor = %v, %v, caller %q; want ann", got.ID, err, RequestOf(ctx).Caller())
	}
}
