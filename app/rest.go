package app

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"tokenscale/authn"
	"tokenscale/fault"
	"tokenscale/permission"
	"tokenscale/policy"
)

// text answers with a sentence.
func text(w http.ResponseWriter, status int, sentence string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	io.WriteString(w, sentence)
}

// asJSON answers with v, which must be of a kind that can always be encoded.
func asJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(body)
}

// may lets through who holds any of the permissions.
func may(next http.HandlerFunc, anyOf []permission.Permission) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		by, err := authn.Actor(r.Context())
		if err == nil {
			err = by.May(anyOf...)
		}
		if err != nil {
			text(w, http.StatusForbidden, err.Error())
			return
		}
		next(w, r)
	})
}

// authorize answers a proxy that stands in front of another service: 204 if
// the caller's token is good and holds all the permissions asked for. What is
// bad about the token itself was answered at the door.
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
	h.Set("X-Token-Id", string(by.ID))
	h.Set("X-Token-Name", headerText(by.Name))
	h.Set("X-Token-Permissions", strings.Join(by.Permissions.Names(), ","))
	w.WriteHeader(http.StatusNoContent)
}

// lacking says which of the permissions that a query asks for the actor does
// not hold. What is no name of one is a mistake in the proxy's settings: it must
// not be taken for a permission that everybody has, nor for one that the caller
// lacks.
func lacking(by policy.Actor, query string) (status int, sentence string) {
	for pair := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		key, errKey := url.QueryUnescape(key)
		name, err := url.QueryUnescape(value)
		if errKey == nil && key != "permission" {
			continue // the proxy's own
		}
		p, ok := permission.Parse(name)
		if !ok || errKey != nil || err != nil {
			return http.StatusBadRequest, "There is no permission of the name asked for. Names are those of SystemPermission, such as ManageCluster."
		}
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

// beginSession gives the page a cookie for the token it was signed in with.
func (a *App) beginSession(sessions *authn.Sessions) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		by, err := authn.Actor(r.Context())
		if err == nil {
			s, ok := a.auth.SessionOf(by)
			if !ok { // deleted a moment ago
				err = fault.New(fault.Unauthenticated, "The supplied authentication is invalid")
			} else {
				sessions.Begin(w, r, s)
			}
		}
		if err != nil {
			text(w, http.StatusUnauthorized, err.Error())
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNoContent)
	})
}

// askSession tells the page whether its visitor is signed in.
func askSession(door *authn.Door) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asJSON(w, http.StatusOK, map[string]bool{"active": door.HasSession(r)})
	})
}

func endSession(sessions *authn.Sessions, w http.ResponseWriter, r *http.Request) {
	sessions.End(w, r)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
}

// live says that the process answers.
func live(w http.ResponseWriter, _ *http.Request) { text(w, http.StatusOK, "alive\n") }

// ready says whether requests should be sent here. Why not is told by the
// health checks, to those who may read them.
func (a *App) ready(w http.ResponseWriter, _ *http.Request) {
	if a.leaving.Load() || a.db.Err() != nil {
		text(w, http.StatusServiceUnavailable, "not ready\n")
		return
	}
	text(w, http.StatusOK, "ready\n")
}
