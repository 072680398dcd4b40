package policy

import (
	"net/netip"

	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/token"
)

// An Outcome is what came of the attempt to use a token. All but Accepted,
// NotProven and those for which ByAddress holds look the same to the client.
type Outcome uint8

// The outcomes. Their names stand in logs and metrics.
const (
	Malformed Outcome = iota // not the shape of a token string
	Unknown                  // no such token: never made, or gone for long
	Wrong                    // the token exists, the string is not its own
	Expired                  // its time is over
	Disabled                 // the security policy allows no system tokens
	Filtered                 // its IP filter does not let the address in
	Damaged                  // what is kept of it, or of its filter, cannot be trusted
	// It has an IP filter, and a proxy wrote an address that nobody can read.
	Unreadable
	SignedOut // a session that was ended, so its cookie was copied
	Deleted   // it was deleted not long ago, and the string was its own
	Rotated   // its string was its own until a rotation replaced it, not long ago
	// This node may not know of every revocation, so it says nothing about any token.
	NotProven
	Accepted
)

var outcomes = [...]string{"malformed", "unknown", "wrong", "expired", "disabled", "filtered", "damaged", "unreadable", "signedout", "deleted", "rotated", "notproven", "accepted"}

// String returns the name of o in lower case.
func (o Outcome) String() string { return outcomes[o] }

// Outcomes returns all outcomes, for whoever counts them.
func Outcomes() []Outcome {
	return []Outcome{Malformed, Unknown, Wrong, Expired, Disabled, Filtered, Damaged, Unreadable, SignedOut, Deleted, Rotated, NotProven, Accepted}
}

// ByAddress reports whether the token is good, but not from where it came.
func (o Outcome) ByAddress() bool { return o == Filtered || o == Unreadable }

// Filters knows the rules of the IP filters. It returns nil for a filter that
// does not exist or cannot be read.
type Filters interface {
	Rules(ipfilter.ID) *ipfilter.Rules
}

// Usable decides whether t, which is as the history of the policies says, may be
// used now from an address, and as whom. Such a token was brought under s already,
// so nothing of it is judged again. It allocates nothing.
func (s Security) Usable(t token.Token, filters Filters, from netip.Addr, now epoch.Millis) (Actor, Outcome) {
	if t.ID == "" {
		return Actor{}, Unknown // the zero Token is nobody's
	}
	b := Bounds{Enabled: s.Enabled, ExpireAt: t.ExpireAt, Filtered: t.FilterID != ""}
	if b.Filtered {
		b.Rules = filters.Rules(t.FilterID)
	}
	if outcome := b.Usable(from, now); outcome != Accepted {
		return Actor{}, outcome
	}
	return ActorOf(t), Accepted
}

// Bounds are all that decides whether a token may be used. It is asked on every request, where
// copying whatever is kept of a token would cost more than judging it.
type Bounds struct {
	Enabled  bool            // the security policy allows system tokens
	ExpireAt epoch.Millis    // zero if the token never expires
	Filtered bool            // it has an IP filter
	Rules    *ipfilter.Rules // of that filter; nil if it does not exist or cannot be read
}

// Usable decides whether the token may be used now from an address. It allocates nothing.
func (b Bounds) Usable(from netip.Addr, now epoch.Millis) Outcome {
	switch {
	case !b.Enabled:
		return Disabled
	case token.PastExpiry(b.ExpireAt, now):
		return Expired
	case !b.Filtered:
		return Accepted
	case b.Rules == nil:
		return Damaged
	case !from.IsValid():
		return Unreadable
	case !b.Rules.Allows(from):
		return Filtered
	}
	return Accepted
}
