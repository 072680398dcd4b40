package policy

import (
	"time"

	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/token"
)

// A Draft is what somebody asks a new token to be.
type Draft struct {
	Name        string
	Note        string // empty for none
	Permissions permission.Set
	FilterID    ipfilter.ID // empty if none is asked for
	Expiry      Expiry
}

// Admit returns the token that by gets for d under s, without ID and digest,
// or the refusal. It does not know whether the filter exists.
func (s Security) Admit(by Actor, d Draft, now epoch.Millis) (token.Token, error) {
	if err := by.May(AdministerTokens()...); err != nil {
		return token.Token{}, err
	}
	t, err := d.token(now)
	if err != nil {
		return token.Token{}, err
	}
	t.CreatedBy, t.Maker = by.ID, by.Number
	if !s.Enabled {
		return token.Token{}, fault.New(fault.Forbidden, "The security policy does not allow system tokens. Whoever may manage the cluster can allow them.")
	}
	if t, err = s.bind(t, d.Expiry.field()); err != nil {
		return token.Token{}, err
	}
	if err := by.MayIssue(t); err != nil {
		return token.Token{}, err
	}
	return t, nil
}

// token reads d by itself, without any policy.
func (d Draft) token(now epoch.Millis) (token.Token, error) {
	name, badName := Name("name", d.Name)
	note, badNote := Note("note", d.Note)
	expireAt, badExpiry := d.Expiry.from(now)
	return token.Token{
		Name:        name,
		Note:        note,
		Permissions: d.Permissions,
		FilterID:    d.FilterID,
		ExpireAt:    expireAt,
		CreatedAt:   now,
		IssuedAt:    now,
	}, fault.Inputs(badName, badNote, badExpiry)
}

// bind brings a new token under s: what is not asked for is given, what s
// does not allow is refused.
func (s Security) bind(t token.Token, expiryField string) (token.Token, error) {
	if limit, set := s.limit(t); set {
		if t.ExpireAt == 0 {
			t.ExpireAt = limit
		}
		if t.ExpireAt > limit {
			return t, denied(expiryField, "The security policy allows a life of at most %s.", span(s.MaxAgeMs))
		}
	}
	if s.FilterID != "" {
		if t.FilterID == "" {
			t.FilterID = s.FilterID
		}
		if t.FilterID != s.FilterID {
			return t, denied("ipFilterId", "The security policy enforces the IP filter %s; leave ipFilterId out or give that one.", s.FilterID)
		}
	}
	return t, nil
}

// denied is the refusal of an input that is well formed but that the policy
// does not allow. It is Forbidden, and so audited, but names its field.
func denied(field, format string, args ...any) error {
	f := fault.Input(field, format, args...)
	f.Code = fault.Forbidden
	f.Message = f.State[field]
	return f
}

// span writes a length of time in milliseconds for people.
func span(ms int64) string {
	for _, u := range []struct {
		unit Unit
		name string
	}{{Days, "day"}, {Hours, "hour"}, {Minutes, "minute"}} {
		if ms%int64(u.unit) == 0 {
			return plural(ms/int64(u.unit), u.name)
		}
	}
	if ms < int64(Days) {
		return (time.Duration(ms) * time.Millisecond).String()
	}
	return plural(ms, "millisecond")
}
