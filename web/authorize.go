package web

import (
	"net/http"
	"net/url"
	"strings"

	"tokenscale/authn"
	"tokenscale/permission"
	"tokenscale/policy"
)

const authorizePath = "/api/v1/authorize"

// isAuthorize reports whether r asks about the caller of another service. Envoy
// appends the path of the request that it asks about, with all that a stranger
// can write there: it means nothing, and must not be cleaned by a redirect,
// which a proxy takes for a refusal.
func isAuthorize(r *http.Request) bool {
	rest, ok := strings.CutPrefix(r.URL.EscapedPath(), authorizePath)
	return ok && (rest == "" || rest[0] == '/')
}

// beforeRoutes lets asked answer what isAuthorize knows, and routes the rest.
func beforeRoutes(asked http.Handler, routes http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isAuthorize(r) {
			routes.ServeHTTP(w, r)
			return
		}
		r.Pattern = authorizePath // as the mux would have it, for the log
		asked.ServeHTTP(w, r)
	})
}

// authorize answers a proxy that stands in front of another service: 200 if
// the caller's token is good and holds all the permissions asked for. What is
// bad about the token itself was answered before.
//
// No header is empty: where ours is, some proxies keep the client's own.
func authorize(w http.ResponseWriter, r *http.Request) {
	by, err := authn.Actor(r.Context())
	if err != nil {
		text(w, http.StatusUnauthorized, err.Error())
		return
	}
	if status, sentence := lacking(by, r.URL.RawQuery); status != 0 {
		text(w, status, sentence)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Token-Id", orNone(string(by.ID)))
	h.Set("X-Token-Name", orNone(headerText(by.Name)))
	h.Set("X-Token-Permissions", orNone(strings.Join(by.Permissions.Names(), ",")))
	w.WriteHeader(http.StatusOK)
}

func orNone(s string) string {
	if strings.Trim(s, " ") == "" {
		return "none"
	}
	return s
}

// The mistakes in the settings of a proxy. They do not repeat what was written:
// it may be a token.
const (
	unknownKey        = "The query of this address has one key, permission, which may come several times: a key that is misspelt would restrict nothing. A service that passes its own query on must leave it out."
	unknownPermission = "There is no permission of the name asked for. Names are those of SystemPermission, such as ManageCluster."
)

// lacking says which of the permissions that a query asks for the actor does
// not hold. What is no name of one is a mistake in the proxy's settings, and so
// is another key: neither must be taken for a permission that everybody has,
// nor for one that the caller lacks.
func lacking(by policy.Actor, query string) (status int, sentence string) {
	var asked []permission.Permission
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		if key, err := url.QueryUnescape(key); err != nil || key != "permission" {
			return http.StatusBadRequest, unknownKey
		}
		name, err := url.QueryUnescape(value)
		p, ok := permission.Parse(name)
		if !ok || err != nil {
			return http.StatusBadRequest, unknownPermission
		}
		asked = append(asked, p)
	}
	for _, p := range asked {
		if err := by.May(p); err != nil {
			return http.StatusForbidden, err.Error()
		}
	}
	return 0, ""
}

// headerText writes s in ASCII, as a header needs: every other byte and the
// percent sign become % and two hexadecimal digits.
func headerText(s string) string {
	const digits = "0123456789ABCDEF"
	plain := func(c byte) bool { return c >= ' ' && c <= '~' && c != '%' }
	if strings.IndexFunc(s, func(c rune) bool { return c > '~' || !plain(byte(c)) }) < 0 {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; plain(c) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}
