package authn

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"fmt"
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

// Sessions seals the cookies of the page. A cookie holds no token: only the ID
// of one, a fingerprint of its digest and when it was issued, all encrypted
// and authenticated (AES-256-GCM). Nothing about sessions is stored, so they
// cannot pile up; each request asks again whether the token still lives.
//
// It is safe for concurrent use. A nil *Sessions opens no cookie.
type Sessions struct{ seal cipher.AEAD }

// NewSessions returns Sessions under a key of 32 bytes, which must be used for
// nothing else.
func NewSessions(key []byte) (*Sessions, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("session key: %w", err)
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("session key: %w", err)
	}
	return &Sessions{seal}, nil
}

// Begin gives the client a cookie that stands for s.
func (c *Sessions) Begin(w http.ResponseWriter, r *http.Request, s policy.Session) {
	text := base64.RawURLEncoding.EncodeToString(c.seal.Seal(nil, nil, encode(s), sealedFor))
	http.SetCookie(w, cookie(r, text, int(policy.SessionLife.Seconds())))
}

// End takes the cookie from the client, and all that its browser has kept of
// our pages.
func (c *Sessions) End(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Clear-Site-Data", `"cache", "cookies", "storage"`)
	c.clear(w, r)
}

// clear takes a cookie that is of no use any more from the client.
func (c *Sessions) clear(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, cookie(r, "", -1))
}

// open reads the session of a request. It is Nothing unless our own page sent
// it, and Nonsense if it is not our seal. Whether it still counts is for a
// Verifier to say.
func (c *Sessions) open(r *http.Request) (policy.Session, Presented) {
	if c == nil || r.Header.Get(requestedBy) != ourPage {
		return policy.Session{}, Nothing
	}
	found := r.CookiesNamed(cookieName(r))
	if len(found) == 0 {
		return policy.Session{}, Nothing
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(found[0].Value)
	if err != nil || len(found) > 1 {
		return policy.Session{}, Nonsense
	}
	plain, err := c.seal.Open(nil, nil, sealed, sealedFor)
	if err != nil {
		return policy.Session{}, Nonsense
	}
	return decode(plain), Something
}

// sealedFor is authenticated with each cookie: a seal of the same key made for
// anything else, or for another layout, does not open.
var sealedFor = []byte("tokenscale session, layout 1")

// encode writes s: when it was issued (8 bytes, big endian), the mark (8), the
// ID (the rest). Whatever opens was written here, so decode need not doubt it.
func encode(s policy.Session) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(s.IssuedAt))
	return append(append(b, s.Mark[:]...), s.ID...)
}

func decode(b []byte) policy.Session {
	return policy.Session{
		IssuedAt: epoch.Millis(binary.BigEndian.Uint64(b)),
		Mark:     [8]byte(b[8:16]),
		ID:       token.ID(b[16:]),
	}
}

// cookie makes our cookie. Over TLS its name makes the browser refuse it from
// other hosts and from plain HTTP.
func cookie(r *http.Request, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: cookieName(r), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: RequestOf(r.Context()).Secure, SameSite: http.SameSiteStrictMode,
	}
}

func cookieName(r *http.Request) string {
	if RequestOf(r.Context()).Secure {
		return "__Host-tokenscale"
	}
	return "tokenscale"
}
