package authn

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"tokenscale/policy"
)

func TestTheAddressOfARequestIsWrittenEvenIfNobodyCanTell(t *testing.T) {
	for want, ip := range map[string]netip.Addr{
		"192.0.2.7":              netip.MustParseAddr("192.0.2.7"),
		policy.UnreadableAddress: {},
	} {
		if r := (Request{IP: ip}); r.Address() != want {
			t.Errorf("%v is written %q, want %q", ip, r.Address(), want)
		}
	}
}

// A cookie of ours that does not open is told apart from none.
func TestASessionIsOpenedFromOneCookieOfOursOnly(t *testing.T) {
	s := newStand(t)
	const name = "tokenscale-store"
	for _, c := range []struct {
		what    string
		page    string
		cookies []string
		want    Presented
	}{
		{"no cookie", ourPage, nil, None},
		{"another page's request", "elsewhere", []string{"nonsense"}, None},
		{"no base64", ourPage, []string{"!"}, Malformed},
		{"no seal of ours", ourPage, []string{"bm9uc2Vuc2U"}, Malformed},
		{"two of them", ourPage, []string{"bm9uc2Vuc2U", "bm9uc2Vuc2U"}, Malformed},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set(requestedBy, c.page)
		for _, value := range c.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		if session, got := s.Sessions.open(r); got != c.want || session != (policy.Session{}) {
			t.Errorf("%s: %v, %v, want %v", c.what, got, session, c.want)
		}
	}
}
