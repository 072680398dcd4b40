package authn

import (
	"context"
	"net/http"
	"net/netip"

	"github.com/google/uuid"

	"tokenscale/policy"
	"tokenscale/token"
)

// A Request is what is known of a request beside what it asks for. One is made
// for each request, and whoever learns something writes it there, so that the
// log has one line for all. It belongs to the goroutine that serves the
// request.
type Request struct {
	ID        string     // see Identify; empty as long as nothing was to be written of the request
	IP        netip.Addr // the client's; the zero Addr if nobody can tell
	Secure    bool       // whether the client's connection is encrypted
	Refused   string     // why the credential was refused: for the log only
	Operation string     // what GraphQL was asked to do, as the client named it
	Kind      string     // query or mutation; empty if GraphQL carried out neither
	Code      string     // of the first refusal in an answer of GraphQL; empty if there is none

	actor  policy.Actor // written by an Authenticator only
	proved bool         // whether actor means anything
}

// Examine returns what can be known of a request before anybody has looked at
// it. It has no ID yet.
func Examine(r *http.Request, trusted []netip.Prefix) Request {
	peer := peerOf(r)
	return Request{IP: clientIP(peer, r.Header, trusted), Secure: secure(r, peer, trusted)}
}

// Identify gives the request an ID, a UUID of version 7, unless it has one, and
// tells the client by the header X-Request-Id. An ID that the client sends is
// not taken over: it would stand in the audit log.
func (r *Request) Identify(answer http.Header) {
	if r.ID == "" {
		r.ID = newID()
		answer["X-Request-Id"] = []string{r.ID}
	}
}

// Caller returns who the request proved to be made by; empty if nobody.
func (r *Request) Caller() token.ID {
	if !r.proved {
		return ""
	}
	return r.actor.ID
}

// Address returns the client's address for the log.
func (r *Request) Address() string {
	if !r.IP.IsValid() {
		return policy.UnreadableAddress
	}
	return r.IP.String()
}

type requestKey struct{}

// Identify gives each request an ID, finds out its address and keeps both in
// the context for RequestOf.
func Identify(trusted []netip.Prefix, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req := Examine(r, trusted)
		req.Identify(w.Header())
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, &req)))
	})
}

// RequestOf returns what is known of the request of ctx. It is never nil;
// without Identify it is empty, and then the address passes no IP filter.
func RequestOf(ctx context.Context) *Request {
	if req, ok := ctx.Value(requestKey{}).(*Request); ok {
		return req
	}
	return &Request{}
}

// secure reports whether r came over TLS, to us or to a proxy we trust.
func secure(r *http.Request, peer netip.Addr, trusted []netip.Prefix) bool {
	return r.TLS != nil || contains(trusted, peer) && r.Header.Get("X-Forwarded-Proto") == "https"
}

// newID returns a new request ID. It is empty if there is no randomness, which
// on the systems we know does not happen and is no reason to refuse a request.
func newID() string {
	id, err := uuid.NewV7()
	if err != nil {
		return ""
	}
	return id.String()
}
