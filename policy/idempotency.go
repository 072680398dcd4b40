package policy

import (
	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/token"
)

// The values of extensions.reason. They are part of the API: add some, never rename one.
const (
	Repeated  = "REPEATED"   // the request was carried out before, with this key
	KeyReused = "KEY_REUSED" // another request was, with this key
)

// A RequestKind is what a request with an idempotency key asks for.
type RequestKind int

// The kinds of requests.
const (
	TokenCreation RequestKind = iota
	TokenRotation
	FilterCreation
)

// Needs returns the permissions any one of which allows such a request.
func (k RequestKind) Needs() []permission.Permission {
	if k == FilterCreation {
		return AdministerSecurity()
	}
	return AdministerTokens()
}

// KeyOfAnother is the refusal of a request whose idempotency key came with another one, the
// outcome of which is still there.
func KeyOfAnother() error {
	f := fault.New(fault.Conflict, "This Idempotency-Key came with another request, and what that one made is still there. Nothing was changed: send this one with a key of its own.")
	f.Extensions = map[string]string{"reason": KeyReused}
	return f
}

// RepeatedFilter is the refusal of a request that made the filter id before.
func RepeatedFilter(id ipfilter.ID) error {
	return repeated("ipFilterId", string(id), "This request was carried out before: it made the IP filter "+string(id)+". Nothing was changed now.")
}

// RepeatedToken is the refusal of a request that was carried out before, and of which t came. If
// it made a token that was rotated since, t is that token as it is now. The refusal never holds a
// secret: that was shown once.
func RepeatedToken(k RequestKind, t token.Token, now epoch.Millis) error {
	story, otherwise := "This request was carried out before: its token is ", " To make another one, send another Idempotency-Key."
	if k == TokenRotation {
		story, otherwise = "This rotation was carried out before: the new token is ", " There is nothing left to rotate."
	}
	story += string(t.ID)
	if t.Expired(now) {
		story += ", which has expired since." + otherwise
	} else {
		story += ". Its string was shown once, in the answer that made it; if that was lost, rotateToken with this id gives a new string."
	}
	return repeated("tokenId", string(t.ID), story)
}

func repeated(idName, id, message string) error {
	f := fault.New(fault.Conflict, "%s", message)
	f.Extensions = map[string]string{"reason": Repeated, idName: id}
	return f
}
