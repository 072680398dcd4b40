package authn

import (
	"encoding/base64"
	"net/http"
	"strings"
)

// Presented says what a request brought to prove who it is.
type Presented uint8

// What a request can bring.
const (
	None      Presented = iota // no Authorization header
	Candidate                  // one credential; whether it is any good is for a Verifier to say
	Malformed                  // a header that cannot hold a credential, or more than one header
)

// mostCredential is the longest Authorization header that is looked at, in
// bytes. A token string has 77; the rest is room for a user name.
const mostCredential = 512

// Credential takes the credential out of a request's header: what follows
// Bearer, or the password of Basic, whose user name says nothing. The name of
// the scheme may be in any case. Nothing is trimmed, decoded twice or guessed,
// and it is read from nowhere else: addresses and bodies end up in logs.
func Credential(h http.Header) (string, Presented) {
	lines := h["Authorization"]
	if len(lines) == 0 {
		return "", None
	}
	if len(lines) > 1 || len(lines[0]) > mostCredential {
		return "", Malformed
	}
	scheme, credential, _ := strings.Cut(lines[0], " ")
	switch {
	case strings.EqualFold(scheme, "Bearer"):
	case strings.EqualFold(scheme, "Basic"):
		credential = password(credential)
	default:
		return "", Malformed
	}
	if credential == "" {
		return "", Malformed
	}
	return credential, Candidate
}

// password returns the password of Basic credentials, or nothing if they are
// malformed.
func password(encoded string) string {
	both, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return ""
	}
	_, password, _ := strings.Cut(string(both), ":")
	return password
}
