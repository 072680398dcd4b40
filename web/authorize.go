package web

import (
	"log/slog"
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
	if r.URL.Path == authorizePath && r.URL.RawPath == "" {
		return true // nearly always
	}
	rest, ok := strings.CutPrefix(r.URL.EscapedPath(), authorizePath)
	return ok && (rest == "" || rest[0] == '/')
}

// byAuthorize has asked answer what isAuthorize knows, and others the rest.
func byAuthorize(asked, others http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isAuthorize(r) {
			asked.ServeHTTP(w, r)
			return
		}
		others.ServeHTTP(w, r)
	})
}

// A question is one of a proxy, with all that is kept of it until it is
// answered: in one piece, since no other request is as frequent.
type question struct {
	watched
	authn.Request
	told [3]string // the values of the headers about the caller
}

// authorize answers a proxy that stands in front of another service: 200 if
// the caller's token is good and holds all the permissions asked for.
//
// It does in one pass what stands before all other addresses, as far as it is
// needed here: the proxy passes on the name, the origin and the cookies of the
// request that it asks about, which mean nothing here, and no browser reads the
// answer. The request has an ID only if something is written of it.
func (s *Server) authorize(proxy *authn.Authenticator) http.Handler {
	noStore := []string{"no-store"} // nobody changes it
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Pattern = authorizePath // as the mux would have it, for the log
		q := &question{watched: watched{ResponseWriter: w, leaving: &s.leaving}, Request: authn.Examine(r, s.o.TrustedProxies)}
		defer s.answered(&q.watched, r, &q.Request, s.o.Now())
		closeAfterChunks(q, r)
		if s.o.Log.Enabled(r.Context(), slog.LevelDebug) {
			q.Identify(q.Header())
		}
		if !proxy.Admit(q, r, &q.Request) {
			return
		}
		by, err := q.Actor()
		if err != nil {
			text(q, http.StatusUnauthorized, err.Error())
			return
		}
		if status, sentence := lacking(by, r.URL.RawQuery); status != 0 {
			q.Identify(q.Header())
			text(q, status, sentence)
			return
		}
		q.Header()["Cache-Control"] = noStore
		q.tell(by)
		q.WriteHeader(http.StatusOK)
	})
}

// tell adds the headers about the caller. None is empty: where ours is, some
// proxies keep the client's own.
func (q *question) tell(by policy.Actor) {
	q.told = [...]string{orNone(string(by.ID)), orNone(headerText(by.Name)), orNone(list(by.Permissions))}
	h := q.Header()
	h["X-Token-Id"], h["X-Token-Name"], h["X-Token-Permissions"] = q.told[:1:1], q.told[1:2:2], q.told[2:3:3]
}

// list returns the names of permissions with commas between them.
func list(s permission.Set) string {
	names := make([]string, 0, 16) // as many as there are; needs no memory of its own
	for p := range s.Each() {
		names = append(names, p.Name())
	}
	return strings.Join(names, ",")
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
	var lack error
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
		if lack == nil {
			lack = by.May(p)
		}
	}
	if lack != nil {
		return http.StatusForbidden, lack.Error()
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
