package policy

import (
	"time"

	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/permission"
	"tokenscale/token"
)

// KeyLife is how long an idempotency key counts, from the moment at which the
// request that came with it was carried out.
const KeyLife = 24 * time.Hour

// MaxKeys is how many idempotency keys of one actor are kept at a time.
const MaxKeys = 10_000

// The values of extensions.reason. They are part of the API: add some, never
// rename one.
const (
	Repeated  = "REPEATED"   // the request was carried out before, with this key
	KeyReused = "KEY_REUSED" // another request was, with this key
)

// KeyCounts reports whether a key whose request was carried out at then still
// counts at now.
func KeyCounts(then, now epoch.Millis) bool { return now < then.Add(KeyLife) }

// RoomForKey refuses one more key of an actor of whom n are kept. None is
// given up for it: a request whose key was forgotten could be carried out
// twice.
func RoomForKey(n uint64) error {
	if n < MaxKeys {
		return nil
	}
	return fault.New(fault.Unavailable, "You have used %d idempotency keys within 24 hours, and no more are kept. Nothing was changed: send the request without one, or wait until the oldest are forgotten.", n)
}

// KeyOfAnother is the refusal of a request whose key came with another one,
// which was carried out at then.
func KeyOfAnother(then epoch.Millis) error {
	f := fault.New(fault.Conflict, "This Idempotency-Key came with another request, which was carried out at %s. Nothing was changed: send this one with a key of its own.", then)
	f.Extensions = map[string]string{"reason": KeyReused}
	return f
}

// A Deed is what a request with an idempotency key asks for.
type Deed int

// The deeds.
const (
	TokenMade Deed = iota
	TokenRotated
	FilterMade
)

// Needs returns the permissions any one of which allows the deed.
func (d Deed) Needs() []permission.Permission {
	if d == FilterMade {
		return AdministerSecurity()
	}
	return AdministerTokens()
}

// A Fate is what has become of what was made.
type Fate int

// The fates. Lost is the one of a token of which nobody knows where it went.
const (
	Lost Fate = iota
	StillThere
	HasExpired
	WasDeleted
)

// A Made is what a request with an idempotency key has made.
type Made struct {
	Deed Deed
	ID   string   // as it was made
	Heir token.ID // the token that was rotated out of it since; empty if none
	Fate Fate     // of the heir, if there is one
}

// Refusal is the answer to the same request with the same key. It never holds
// a secret: that was shown once.
func (m Made) Refusal() error {
	f := fault.New(fault.Conflict, "%s %s", m.story(), m.advice())
	f.Extensions = map[string]string{"reason": Repeated, m.idName(): m.ID}
	if m.Heir != "" {
		f.Extensions["successorId"] = string(m.Heir)
	}
	return f
}

func (m Made) idName() string {
	if m.Deed == FilterMade {
		return "ipFilterId"
	}
	return "tokenId"
}

// story tells what was made and what has become of it.
func (m Made) story() string {
	story := map[Deed]string{
		TokenMade:    "This request was carried out before: it made the token ",
		TokenRotated: "This rotation was carried out before: the new token is ",
		FilterMade:   "This request was carried out before: it made the IP filter ",
	}[m.Deed] + m.ID
	if m.Heir != "" {
		story += ", which was rotated since; its successor is " + string(m.Heir)
	}
	return story + map[Fate]string{
		Lost: ", which is not there any more.", StillThere: ".", HasExpired: ", which has expired since.", WasDeleted: ", which was deleted since.",
	}[m.Fate]
}

// advice says what to do now.
func (m Made) advice() string {
	switch {
	case m.Fate == StillThere && m.Deed == FilterMade:
		return "Nothing was changed now."
	case m.Fate == StillThere:
		return "Its string was shown once, in the first answer; if that was lost, rotateToken with this id gives a new string."
	case m.Deed == TokenRotated:
		return "There is nothing left to rotate."
	}
	return "To make another one, send another Idempotency-Key."
}
