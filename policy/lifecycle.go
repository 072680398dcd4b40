package policy

import (
	"time"

	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/permission"
	"tokenscale/token"
)

// Rotate decides whether by may rotate t, and returns the token that takes its
// place, without ID, digest and RotateRequest. Everything but the string, when it was made, and the
// ID stays.
//
// A token that a sweep has not reached yet is rotated as s already binds it,
// or not at all: its successor has another ID, which the sweep may have
// passed, and would get away.
func (s Security) Rotate(by Actor, t token.Token, now epoch.Millis) (token.Token, error) {
	if err := by.May(AdministerTokens()...); err != nil {
		return token.Token{}, err
	}
	bound, err := s.current(t, now)
	if err != nil {
		return token.Token{}, err
	}
	if err := by.MayIssue(bound); err != nil {
		return token.Token{}, err
	}
	return token.Token{
		Number:      bound.Number,
		Name:        bound.Name,
		Permissions: bound.Permissions,
		FilterID:    bound.FilterID,
		ExpireAt:    bound.ExpireAt,
		CreatedAt:   bound.CreatedAt,
		IssuedAt:    now,
		CreatedBy:   bound.CreatedBy,
		Replaces:    t.ID,
		ToldDays:    bound.ToldDays,

		CreateRequest: bound.CreateRequest,
	}, nil
}

// InGrace returns t as it is while it works out its grace period: replaced by
// next, and ending after the grace or at its own expiry, whichever is first.
func InGrace(t token.Token, next token.ID, grace time.Duration, now epoch.Millis) token.Token {
	if end := ending(now.Add(grace)); t.Outlives(end) {
		t.ExpireAt = end
	}
	t.ReplacedBy, t.Replaces = next, ""
	t.CreateRequest, t.RotateRequest = "", "" // who repeats them is told of next
	return t
}

// Regrant decides whether by may give t other permissions, and returns t with
// them. Nothing else changes: what a sweep has still to do to t stays its work,
// with an audit entry of its own.
func (s Security) Regrant(by Actor, t token.Token, to permission.Set, now epoch.Millis) (token.Token, error) {
	if err := by.May(AdministerTokens()...); err != nil {
		return token.Token{}, err
	}
	if !s.AllowUpdates {
		return token.Token{}, fault.New(fault.Forbidden, "The security policy does not allow updating the permissions of existing tokens. Create a new token instead.")
	}
	bound, err := s.current(t, now)
	if err != nil {
		return token.Token{}, err
	}
	if err := by.MayRegrant(bound, to); err != nil {
		return token.Token{}, err
	}
	t.Permissions = to
	return t, nil
}

// current returns t as s binds it now, and refuses what cannot be changed any
// more.
func (s Security) current(t token.Token, now epoch.Millis) (token.Token, error) {
	bound, verdict := s.Judge(t, now)
	switch {
	case t.Expired(now):
		return token.Token{}, fault.New(fault.Conflict, "The token %s has expired. An expired token cannot be changed or renewed; create a new one.", t.ID)
	case t.ReplacedBy != "":
		return token.Token{}, fault.New(fault.Conflict, "The token %s was rotated and only works out its grace period. Change its successor %s instead.", t.ID, t.ReplacedBy)
	case verdict == Delete:
		return token.Token{}, fault.New(fault.Conflict, "The security policy does not let the token %s live on; it is about to be deleted.", t.ID)
	}
	return bound, nil
}
