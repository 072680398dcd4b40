package authn

import (
	"context"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"strconv"

	"tokenscale/policy"
)

// The answers to a request that is refused, word for word as LogScale gives
// them: clients show them.
const (
	missingText  = "The resource requires authentication, which was not supplied with the request"
	invalidText  = "The supplied authentication is invalid"
	filteredText = "Tokens can only be used from IP addresses accepted by the IP filter set for them if any."
)

// slowDownText is the answer to a client that is refused too often.
const slowDownText = "Too many requests from this address had no valid authentication"

// strangerText is the answer to a page that shows one identity while its session is of another.
const strangerText = "Somebody else has signed in in this browser meanwhile, so nothing was done. See who is signed in now, and decide anew."

// notProvenText is the answer of a node that may be behind the others of its cluster.
const notProvenText = "NOT_PROVEN: This node cannot prove at present that it knows of every revoked token, so it answers for none. Ask another node, or try again in a second."

// A Verifier knows which credentials are good. The actor means nothing unless
// the outcome is policy.Accepted.
type Verifier interface {
	// Verify judges a token string sent from an address. It does the same
	// work for every string it refuses.
	Verify(credential string, from netip.Addr) (policy.Actor, policy.Outcome)
	// Resume judges what a session cookie stands for.
	Resume(s policy.Session, from netip.Addr) (policy.Actor, policy.Outcome)
}

// An Authenticator lets in whoever proves to be somebody. It must not be changed once in
// use; then it is safe for concurrent use.
type Authenticator struct {
	Verifier Verifier

	// Sessions opens the cookies of the page. If it is nil, only the
	// Authorization header counts.
	Sessions *Sessions

	// OnRefused, unless nil, is told of each credential that is refused. The
	// actor has an address, and names the token only if the credential was
	// its own. It is called before the answer is written.
	OnRefused func(context.Context, policy.Actor, policy.Outcome)

	// Throttle is asked about each credential that is refused. A client that
	// is refused too often waits for an answer, which is 429. If it is nil, all
	// get theirs at once.
	Throttle *Throttle

	// BeforeDelay, unless nil, is called with a request whose refusal may be
	// delayed: what it holds and nobody needs can be let go of.
	BeforeDelay func(*http.Request)

	// Plain means that the answer to who was refused too often is the same as
	// to others: for proxies, which know no other refusals than 401 and 403.
	Plain bool

	Log *slog.Logger
}

// Protect lets through to next who holds a good credential; Actor then tells
// next who that is. All others get their answer here, and so does a page of one
// identity that sends the session of another: 409. It belongs behind
// Identify: what stands in no record of a request lets nobody in.
func (a *Authenticator) Protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.Admit(w, r, RequestOf(r.Context())) {
			next.ServeHTTP(w, r)
		}
	})
}

// Admit is Protect for who has what is known of a request at hand: it reports
// whether the request may go on, and answers it if not.
func (a *Authenticator) Admit(w http.ResponseWriter, r *http.Request, req *Request) bool {
	p := a.examine(r, req.IP)
	if p.brought != None && p.outcome == policy.Accepted {
		if p.cookie && !meant(r, p.actor) {
			req.Identify(w.Header())
			refuse(w, http.StatusConflict, "", strangerText)
			return false
		}
		p.actor.IP, p.actor.RequestID = req.IP, req.ID
		req.actor, req.proved = p.actor, true
		return true
	}
	req.Identify(w.Header())
	if p.outcome == policy.NotProven && p.brought != None {
		notProven(w)
		return false
	}
	if p.brought == None {
		refuse(w, http.StatusUnauthorized, "Bearer", missingText)
		return false
	}
	a.refused(r.Context(), req, p)
	if p.cookie && p.brought == Candidate && !p.outcome.ByAddress() {
		a.Sessions.End(w, r) // one that does not open may be somebody else's
	}
	a.turnAway(w, r, req, p.outcome)
	return false
}

// turnAway answers a refused credential. When it does, and whether by 429,
// depends on the address alone, and not on why the credential was refused.
func (a *Authenticator) turnAway(w http.ResponseWriter, r *http.Request, req *Request, o policy.Outcome) {
	if a.BeforeDelay != nil {
		a.BeforeDelay(r)
	}
	wait := a.Throttle.Delay(r.Context(), req.IP)
	if wait > 0 && !a.Plain {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		refuse(w, http.StatusTooManyRequests, "", slowDownText)
		return
	}
	if o.ByAddress() {
		refuse(w, http.StatusForbidden, "", filteredText)
		return
	}
	refuse(w, http.StatusUnauthorized, `Bearer error="invalid_token"`, invalidText)
}

// proof is what a request brought, and what became of it.
type proof struct {
	brought Presented
	cookie  bool // it came as a session
	actor   policy.Actor
	outcome policy.Outcome
}

// examine judges the credential of a request. If there is an Authorization
// header, good or bad, the cookie does not count: a client that says who it is
// must not be taken for somebody else.
func (a *Authenticator) examine(r *http.Request, from netip.Addr) proof {
	credential, brought := Credential(r.Header)
	if brought == None {
		s, brought := a.Sessions.open(r)
		p := proof{brought: brought, cookie: true}
		if brought == Candidate {
			p.actor, p.outcome = a.Verifier.Resume(s, from)
		}
		return p
	}
	// What is malformed is verified too, as an empty string: it costs the same
	// work and is counted like any other.
	p := proof{brought: brought}
	p.actor, p.outcome = a.Verifier.Verify(credential, from)
	return p
}

// HasSession reports whether the request brings a session that is worth asking
// with: a good one, or one that only its address stands against, or this node. The page asks
// this first, so that a visitor who never signed in is not refused anything.
// Other credentials do not count here, or this would be a place to try them.
func (a *Authenticator) HasSession(r *http.Request) bool {
	s, brought := a.Sessions.open(r)
	if brought != Candidate {
		return false
	}
	_, outcome := a.Verifier.Resume(s, RequestOf(r.Context()).IP)
	return outcome == policy.Accepted || outcome == policy.NotProven || outcome.ByAddress()
}

// refused writes down why. The credential itself is written nowhere.
func (a *Authenticator) refused(ctx context.Context, req *Request, p proof) {
	req.Refused = p.outcome.String()
	a.Log.DebugContext(ctx, "credential refused", "reason", req.Refused, "token", p.actor.ID, "ip", req.Address(), "request", req.ID)
	if a.OnRefused != nil {
		p.actor.IP, p.actor.RequestID = req.IP, req.ID
		a.OnRefused(ctx, p.actor, p.outcome)
	}
}

// notProven answers for a node that may not know of every revocation. The token may be good, so
// this is no refusal of it: the client, or the proxy between, asks another node.
func notProven(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	refuse(w, http.StatusServiceUnavailable, "", notProvenText)
}

// refuse answers with a text, and with a challenge unless it is empty.
func refuse(w http.ResponseWriter, status int, challenge, text string) {
	h := w.Header()
	if challenge != "" {
		h.Set("WWW-Authenticate", challenge)
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	io.WriteString(w, text)
}
