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
// ID stays. t is as the history of the policies says.
func Rotate(by Actor, t token.Token, now epoch.Millis) (token.Token, error) {
	if err := by.May(AdministerTokens()...); err != nil {
		return token.Token{}, err
	}
	if err := changeable(t, now); err != nil {
		return token.Token{}, err
	}
	if err := by.MayIssue(t); err != nil {
		return token.Token{}, err
	}
	return token.Token{
		Number:      t.Number,
		Name:        t.Name,
		Note:        t.Note,
		Permissions: t.Permissions,
		FilterID:    t.FilterID,
		ExpireAt:    t.ExpireAt,
		CreatedAt:   t.CreatedAt,
		IssuedAt:    now,
		CreatedBy:   t.CreatedBy,
		Maker:       t.Maker,
		Replaces:    t.ID,
		ToldDays:    t.ToldDays,

		CreateRequest: t.CreateRequest,
	}, nil
}

// KeepsPredecessor refuses to rotate a token once more while old, which it replaced, works out its
// grace period and was last used at a moment, zero for never: with a third string somebody who
// holds the oldest would be without any. Whoever wants that says so.
func KeepsPredecessor(old token.Token, used epoch.Millis) error {
	last := "It was not used."
	if used != 0 {
		last = "It was last used at " + used.String() + "."
	}
	f := fault.New(fault.Conflict, "The string before this one still works until %s. %s To end it and rotate again set endPredecessor.", old.ExpireAt, last)
	f.Extensions = map[string]string{"predecessorId": string(old.ID)}
	return f
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
// them. Nothing else changes. t is as the history of the policies says: were it
// as it was stored once, what the policies did to it since would be undone.
func (s Security) Regrant(by Actor, t token.Token, to permission.Set, now epoch.Millis) (token.Token, error) {
	if err := by.May(AdministerTokens()...); err != nil {
		return token.Token{}, err
	}
	if !s.AllowUpdates {
		return token.Token{}, fault.New(fault.Forbidden, "The security policy does not allow updating the permissions of existing tokens. Create a new token instead.")
	}
	if err := changeable(t, now); err != nil {
		return token.Token{}, err
	}
	if err := by.MayRegrant(t, to); err != nil {
		return token.Token{}, err
	}
	t.Permissions = to
	return t, nil
}

// Annotate decides whether by may give t another note, and returns t with it; an empty one is none.
// Nothing else changes. It takes no more than that by administers tokens: a note grants nothing.
//
// Where expected is given, it is the note that by has read: it refuses with Conflict a token that
// has another one by now. One that has the new note already is no conflict, since a client whose
// answer was lost asks again.
func Annotate(by Actor, t token.Token, note string, expected *string, now epoch.Millis) (token.Token, error) {
	if err := by.May(AdministerTokens()...); err != nil {
		return token.Token{}, err
	}
	if err := changeable(t, now); err != nil {
		return token.Token{}, err
	}
	note, err := Note("note", note)
	if err != nil {
		return token.Token{}, err
	}
	if expected != nil && t.Note != *expected && t.Note != note {
		return token.Token{}, fault.New(fault.Conflict, "The note of the token %s was changed meanwhile: it is not the expected one. Nothing was changed. Read the note and decide anew.", called(t))
	}
	t.Note = note
	return t, nil
}

// changeable refuses a token that cannot be changed any more.
func changeable(t token.Token, now epoch.Millis) error {
	switch {
	case t.Expired(now):
		return fault.New(fault.Conflict, "The token %s has expired. An expired token cannot be changed or renewed; create a new one.", called(t))
	case t.ReplacedBy != "":
		return fault.New(fault.Conflict, "The token %s was rotated and only works out its grace period. Change its successor %s instead.", called(t), t.ReplacedBy)
	}
	return nil
}

// called returns how a refusal speaks of t: by its name, and by its id because names repeat.
func called(t token.Token) string { return `"` + t.Name + `" (` + string(t.ID) + ")" }
