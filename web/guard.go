package web

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"tokenscale/authn"
)

// guard keeps out what no route should have to think of: names that are not
// ours, requests that another site makes a browser send, and browsers that
// would make more of an answer than it is.
func (s *Server) guard(next http.Handler) (http.Handler, error) {
	cross := http.NewCrossOriginProtection()
	for _, origin := range s.o.AllowedOrigins {
		if !isWeb(origin) {
			continue // let in with a token of its own only
		}
		if err := cross.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("--allowed-origins: %w", err)
		}
	}
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		text(w, http.StatusForbidden, "A browser sent this for another site. The setting --allowed-origins lets a site in.")
	}))
	known := s.hosts()
	secure := s.secureHeaders()
	inside := cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header(), r)
		closeAfterChunks(w, r)
		switch {
		case tooLong(w, r) || odd(w, r):
		case !fromAnywhere(r) && !known(r.Host):
			text(w, http.StatusMisdirectedRequest, misdirected)
		case s.bringsItsOwn(r):
			next.ServeHTTP(w, r)
		default:
			inside.ServeHTTP(w, r)
		}
	}), nil
}

// closeAfterChunks ends the connection behind a body that did not say its
// length: whoever stands between may see another end of it than we do, and what
// follows must not be taken for a request.
func closeAfterChunks(w http.ResponseWriter, r *http.Request) {
	if len(r.TransferEncoding) > 0 {
		w.Header().Set("Connection", "close")
	}
}

// odd answers requests that no client of ours sends: by a method that stands for
// nothing here, or with a body where it has no meaning and proxies differ about
// where it ends. A proxy that asks about a caller may pass them on.
func odd(w http.ResponseWriter, r *http.Request) bool {
	status, sentence := 0, ""
	switch {
	case !isKnown(r.Method):
		status, sentence = http.StatusNotImplemented, unknownMethod
	case slices.Contains([]string{"GET", "HEAD", "OPTIONS"}, r.Method) && hasBody(r):
		status, sentence = http.StatusBadRequest, "A request by "+r.Method+" has no body."
	default:
		return false
	}
	if r.ProtoMajor < 2 { // later ones know where a body ends, and carry other requests
		w.Header().Set("Connection", "close")
	}
	if !isKnown(r.Method) && strings.HasPrefix(r.URL.Path, "/api/") {
		return false // first whether there is something at the address, then by which methods
	}
	text(w, status, sentence)
	return true
}

const unknownMethod = "This server does not know the method."

// isKnown reports whether a method stands for something at any of our addresses,
// or is refused there in the usual way.
func isKnown(method string) bool {
	return slices.Contains([]string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}, method)
}

// hasBody reports whether a request brings a byte behind its headers. One that
// does not say its length, as some clients and proxies write every request, may
// bring none.
func hasBody(r *http.Request) bool {
	if r.ContentLength >= 0 {
		return r.ContentLength > 0
	}
	_, err := io.ReadFull(r.Body, make([]byte, 1))
	return err != io.EOF
}

// misdirected is told to who came by a name that is not ours.
const misdirected = "This server does not answer to the host name of this request. Add the name with --allowed-hosts (TOKENSCALE_ALLOWED_HOSTS), or have the proxy in front send one that is known."

// fromAnywhere tells the addresses that any host name reaches: load balancers
// and Prometheus come by our number, or by no name at all. Nothing changes
// there, and no cookie counts. Nor does one where a proxy asks about a caller;
// those requests do not come here.
func fromAnywhere(r *http.Request) bool {
	switch r.URL.EscapedPath() {
	case "/livez", "/readyz", "/metrics", "/api/v1/status", "/api/v1/health", "/api/v1/health-json":
		return true
	}
	return false
}

// hosts returns the rule of which names are ours. On loopback only its own
// names are, and those that were set: a page on a stranger's name that
// resolves to 127.0.0.1 must not reach us. Elsewhere, with no names set, any
// name is.
func (s *Server) hosts() func(host string) bool {
	names := slices.Clone(s.o.AllowedHosts)
	listen, _, _ := net.SplitHostPort(s.o.Listen)
	if IsLoopback(listen) {
		names = append(names, "localhost", "127.0.0.1", "[::1]", urlHost(listen))
	} else if len(names) == 0 {
		return func(string) bool { return true }
	}
	return func(host string) bool {
		bare := host
		if name, port, err := net.SplitHostPort(host); err == nil && strings.Trim(port, "0123456789") == "" {
			bare = urlHost(name)
		}
		return slices.ContainsFunc(names, func(name string) bool {
			return strings.EqualFold(name, host) || strings.EqualFold(name, bare)
		})
	}
}

// IsLoopback reports whether only this machine can reach host. A name other
// than localhost may mean anything.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// urlHost returns host as it stands in a URL: IPv6 in brackets.
func urlHost(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// secureHeaders returns what writes the headers that stand on every answer to
// a browser. The pages set a policy of their own. All answers share the
// values, which nobody changes: Header.Set puts others in their place.
func (s *Server) secureHeaders() func(http.Header, *http.Request) {
	nosniff, policy := []string{"nosniff"}, []string{"default-src 'none'; frame-ancestors 'none'"}
	referrer, transport := []string{"no-referrer"}, []string{"max-age=31536000"}
	listen, _, _ := net.SplitHostPort(s.o.Listen)
	elsewhere := !IsLoopback(listen) // on loopback it would bind all other servers there
	return func(h http.Header, r *http.Request) {
		h["X-Content-Type-Options"], h["Content-Security-Policy"], h["Referrer-Policy"] = nosniff, policy, referrer
		if elsewhere && authn.RequestOf(r.Context()).Secure {
			h["Strict-Transport-Security"] = transport
		}
	}
}
