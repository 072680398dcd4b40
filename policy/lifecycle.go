package policy

import (
	"time"

	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/permission"
	"tokenscale/token"
)

// Rotate decides whether by may rotate t, and returns the token that takes its
// place, without ID and digest. Everything but the string and the ID stays.
func (s Security) Rotate(by Actor, t token.Token, now epoch.Millis) (token.Token, error) {
	if err := by.May(AdministerTokens()...); err != nil {
		return token.Token{}, err
	}
	if err := current(t, now); err != nil {
		return token.Token{}, err
	}
	if err := by.MayIssue(t); err != nil {
		return token.Token{}, err
	}
	next := t
	next.ID, next.Digest, next.Replaces = "", token.Digest{}, t.ID
	return next, nil
}

// InGrace returns t as it is while it works out its grace period: replaced by
// next, and ending after the grace or at its own expiry, whichever is first.
func InGrace(t token.Token, next token.ID, grace time.Duration, now epoch.Millis) token.Token {
	if end := now.Add(grace); t.Outlives(end) {
		t.ExpireAt = end
	}
	t.ReplacedBy, t.Replaces = next, ""
	return t
}

// Regrant decides whether by may give t other permissions, and returns t with
// them.
func (s Security) Regrant(by Actor, t token.Token, to permission.Set, now epoch.Millis) (token.Token, error) {
	if err := by.May(AdministerTokens()...); err != nil {
		return token.Token{}, err
	}
	if !s.AllowUpdates {
		return token.Token{}, fault.New(fault.Forbidden, "The security policy does not allow updating the permissions of existing tokens. Create a new token instead.")
	}
	if err := current(t, now); err != nil {
		return token.Token{}, err
	}
	if err := by.MayRegrant(t, to); err != nil {
		return token.Token{}, err
	}
	t.Permissions = to
	return t, nil
}

// current refuses what cannot be changed any more.
func current(t token.Token, now epoch.Millis) error {
	if t.Expired(now) {
		return fault.New(fault.Conflict, "The token %s has expired. An expired token cannot be changed or renewed; create a new one.", t.ID)
	}
	if t.ReplacedBy != "" {
		return fault.New(fault.Conflict, "The token %s was rotated and only works out its grace period. Change its successor %s instead.", t.ID, t.ReplacedBy)
	}
	return nil
}
