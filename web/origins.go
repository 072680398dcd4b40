package web

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// mayAsk reports whether scripts of an origin may use the API with a token: those
// that the operator named, and those of installed programs.
func (s *Server) mayAsk(origin string) bool {
	return slices.Contains(s.o.AllowedOrigins, origin) || isProgram(origin)
}

// programOrigin matches what browsers and desktop programs call an origin.
var programOrigin = regexp.MustCompile(`^([a-z][a-z0-9+.-]{0,30})://[A-Za-z0-9._-]{1,200}$`)

// isProgram reports whether an origin is that of a browser extension or of a
// desktop program, such as chrome-extension://… or altair://-. A page of the web
// cannot have one: browsers give each page the origin it comes from, and to those
// that hide it, null. Some call a page of a local disk file://.
func isProgram(origin string) bool {
	parts := programOrigin.FindStringSubmatch(origin)
	others := []string{"http", "https", "ws", "wss", "ftp", "file", "data", "blob", "about", "javascript"}
	return parts != nil && !slices.Contains(others, parts[1])
}

// isWeb reports whether an origin is that of a web site.
func isWeb(origin string) bool {
	return strings.HasPrefix(origin, "https://") || strings.HasPrefix(origin, "http://")
}

// bringsItsOwn reports whether a request for GraphQL from another origin cannot
// be one that a page makes a browser send in somebody's name: no browser adds a
// Bearer token by itself, and beside one a cookie does not count.
func (s *Server) bringsItsOwn(r *http.Request) bool {
	lines := r.Header["Authorization"]
	if len(lines) != 1 || r.URL.Path != "/graphql" && r.URL.Path != "/graphql/" {
		return false
	}
	scheme, _, _ := strings.Cut(lines[0], " ")
	return strings.EqualFold(scheme, "Bearer") && s.mayAsk(r.Header.Get("Origin"))
}

// cors lets scripts from the origins that may ask use next, with a token but
// without cookies.
func (s *Server) cors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		if !s.mayAsk(origin) {
			next.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", origin)
		h.Add("Vary", "Origin")
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			preflight(h, r.Header["Access-Control-Request-Headers"])
			w.WriteHeader(http.StatusNoContent)
			return
		}
		h.Set("Access-Control-Expose-Headers", "X-Request-Id, WWW-Authenticate, Retry-After")
		next.ServeHTTP(w, r)
	})
}

// headerNames matches a list of names of headers, as browsers send it.
var headerNames = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+( *, *[A-Za-z0-9!#$%&'*+.^_`|~-]+)*$")

// preflight lets a script send the headers that it asks for: clients have their
// own beside Authorization, and without cookies none of them gives a right.
func preflight(h http.Header, asked []string) {
	h.Add("Vary", "Access-Control-Request-Headers")
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST")
	h.Set("Access-Control-Max-Age", "600")
	if names := strings.Join(asked, ","); len(names) <= 2048 && headerNames.MatchString(names) {
		h.Set("Access-Control-Allow-Headers", names)
	}
}
