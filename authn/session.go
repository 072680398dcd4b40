package authn

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"

	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/token"
)

// A page proves with this header that it is ours: a form or an image on a
// stranger's page cannot send it, and a script there must ask us first.
const (
	requestedBy = "X-Requested-By"
	ourPage     = "tokenscale"
)

// A page says with this header as whom it was asked: the ID of the token, or of root. All windows
// of a browser share the session, and one may not have heard yet that somebody else signed in in
// another: what was filled in there as one must not be done by the other.
const requestedAs = "X-Requested-As"

// meant reports whether a request over a session is one of the actor, as far as it says whose.
func meant(r *http.Request, by policy.Actor) bool {
	as := r.Header.Get(requestedAs)
	return as == "" || as == string(by.ID)
}

// Sessions seals the cookies of the page. A cookie holds no token: only the ID
// of one, a fingerprint of its digest, when it was issued and an ID of its own,
// all encrypted and authenticated (AES-256-GCM). Nothing is stored of sessions
// but which were signed out, so they cannot pile up; each request asks again
// whether the token still lives.
//
// The cookie is called after the store: a browser sends all cookies of a host
// name to every port of it, and two servers there must not take each other's.
// What is called otherwise is not ours, and neither read nor taken away.
//
// It is safe for concurrent use. A nil *Sessions opens no cookie.
type Sessions struct {
	seal Sealer
	name string // of the cookie, over plain HTTP
}

// A Sealer encrypts and authenticates the contents of cookies (AES-256-GCM), and authenticates what
// they are bound to. It may change to another key meanwhile, and opens then what it sealed under
// the one before, for a while. It is safe for concurrent use.
type Sealer interface {
	SealSession(plain, bound []byte) (sealed []byte)
	OpenSession(sealed, bound []byte) (plain []byte, ok bool)
}

// NewSessions returns Sessions that are sealed by seal. The store is what the store is called, in
// letters and digits.
func NewSessions(seal Sealer, store string) *Sessions { return &Sessions{seal, "tokenscale-" + store} }

// Begin gives the client a cookie that stands for s.
func (c *Sessions) Begin(w http.ResponseWriter, r *http.Request, s policy.Session) {
	text := base64.RawURLEncoding.EncodeToString(c.seal.SealSession(encode(s), c.sealedFor()))
	http.SetCookie(w, c.cookie(r, text, int(policy.SessionLife.Seconds())))
}

// Of returns the session of a request, and whether there is one that our own
// page sent. Whether it still counts is for a Verifier to say.
func (c *Sessions) Of(r *http.Request) (policy.Session, bool) {
	s, brought := c.open(r)
	return s, brought == Candidate
}

// End takes the cookie from the client. Nothing else is cleared: what else the
// browser keeps for our host may belong to somebody else there.
func (c *Sessions) End(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, c.cookie(r, "", -1))
}

// open reads the session of a request. It is None unless our own page sent
// it, and Malformed if it is not our seal. Whether it still counts is for a
// Verifier to say.
func (c *Sessions) open(r *http.Request) (policy.Session, Presented) {
	if c == nil || r.Header.Get(requestedBy) != ourPage {
		return policy.Session{}, None
	}
	found := r.CookiesNamed(c.cookieName(r))
	if len(found) == 0 {
		return policy.Session{}, None
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(found[0].Value)
	if err != nil || len(found) > 1 {
		return policy.Session{}, Malformed
	}
	plain, ok := c.seal.OpenSession(sealed, c.sealedFor())
	if !ok {
		return policy.Session{}, Malformed
	}
	return decode(plain), Candidate
}

// sealedFor is authenticated with each cookie: a seal of the same key made for
// anything else, for another store, or for another layout, does not open.
func (c *Sessions) sealedFor() []byte { return []byte("session, layout 2, " + c.name) }

// encode writes s: when it was issued (8 bytes, big endian), the mark (8), its
// ID (16), the ID of the token (the rest). Whatever opens was written here, so
// decode need not doubt it.
func encode(s policy.Session) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(s.IssuedAt))
	return append(append(append(b, s.Mark[:]...), s.ID[:]...), s.Token...)
}

func decode(b []byte) policy.Session {
	return policy.Session{
		IssuedAt: epoch.Millis(binary.BigEndian.Uint64(b)),
		Mark:     [8]byte(b[8:16]),
		ID:       policy.SessionID(b[16:32]),
		Token:    token.ID(b[32:]),
	}
}

// cookie makes our cookie. Over TLS its name makes the browser refuse it from
// other hosts and from plain HTTP.
func (c *Sessions) cookie(r *http.Request, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: c.cookieName(r), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: RequestOf(r.Context()).Secure, SameSite: http.SameSiteStrictMode,
	}
}

func (c *Sessions) cookieName(r *http.Request) string {
	if RequestOf(r.Context()).Secure {
		return "__Host-" + c.name
	}
	return c.name
}
