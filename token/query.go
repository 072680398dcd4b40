package token

import (
	"slices"

	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/permission"
)

// A Query asks for one page of tokens. It is what the API, the authority and its index have in
// common. The zero Query asks for none of all tokens, by name.
//
// What it filters by is combined with and: a token matches if it satisfies each. A zero field
// filters nothing, and so does an empty list.
type Query struct {
	Search        string                  // part of a name without regard to case, or an id
	SearchNotes   bool                    // that part of a name may as well stand in the note
	Permissions   []permission.Permission // holds any of these
	States        []State                 // is in any of these
	ExpiresBefore epoch.Millis            // expires, and before this moment
	UnusedSince   epoch.Millis            // was last used, and its string made, before this
	FilterIDs     []ipfilter.ID           // is bound by any of these IP filters
	CreatedBy     []ID                    // was made by any of these, which may be gone
	Makers        []Number                // or, if CreatedBy is given, by any of these
	NeverExpires  *bool                   // has no expiry if true, has one if false
	WithoutFilter *bool                   // has no IP filter if true, has one if false

	Order       Order
	Descending  bool
	After       Cursor // of the last token of the page before; empty to begin
	Skip, Limit int    // both at least 0; Skip counts from After
}

// Filters reports whether q asks for more of a token than to be there.
func (q Query) Filters() bool {
	return q.Search != "" || len(q.Permissions) > 0 || len(q.States) > 0 || q.ExpiresBefore != 0 || q.UnusedSince != 0 ||
		len(q.FilterIDs) > 0 || len(q.CreatedBy) > 0 || q.NeverExpires != nil || q.WithoutFilter != nil
}

// An Order is what a list of tokens goes by. Each is total: where it leaves two tokens alike,
// their names and then their ids decide, or their ids at once where it says so.
type Order uint8

// The orders, as they are when ascending.
const (
	ByName     Order = iota // folded, then by id
	ByExpiry                // those that never expire last; then by name and id
	ByCreation              // then by id
	ByLastUse               // those never used first; then by id
	ByEnd                   // for those that have ended: when they did; then by id
	ByLastTry               // for those that have ended: those nobody tried since first; then by id
)

// A State is what has become of a token.
type State uint8

// The states. A token is in one of them at each moment.
const (
	Active  State = iota // it works, and nothing has replaced it
	Expired              // its time is over
	InGrace              // it works, but a rotation has replaced it
	Ended                // it works no more, and is not listed but for who asks for those
)

// State returns the state of t at now.
func (t Token) State(now epoch.Millis) State {
	switch {
	case t.Expired(now):
		return Expired
	case t.ReplacedBy != "":
		return InGrace
	}
	return Active
}

// A Matcher tells which tokens match a Query in all but its Search. It never changes, so it is
// safe for concurrent use.
type Matcher struct {
	q           Query
	now         epoch.Millis
	permissions permission.Set
	filters     map[ipfilter.ID]bool
}

// Matcher returns the Matcher of q as time is now.
func (q Query) Matcher(now epoch.Millis) *Matcher {
	m := &Matcher{q: q, now: now, permissions: permission.Of(q.Permissions...)}
	if len(q.FilterIDs) > 0 {
		m.filters = make(map[ipfilter.ID]bool, len(q.FilterIDs))
		for _, id := range q.FilterIDs {
			m.filters[id] = id != "" // which is the id of no filter
		}
	}
	return m
}

// Match reports whether t, last used at used, matches. Used is zero if it never was.
func (m *Matcher) Match(t Token, used epoch.Millis) bool {
	return (m.permissions == 0 || m.permissions&t.Permissions != 0) &&
		(len(m.q.States) == 0 || slices.Contains(m.q.States, t.State(m.now))) &&
		(m.q.ExpiresBefore == 0 || t.ExpireAt != 0 && t.ExpireAt < m.q.ExpiresBefore) &&
		(m.q.UnusedSince == 0 || max(used, t.IssuedAt) < m.q.UnusedSince) &&
		(m.filters == nil || m.filters[t.FilterID]) &&
		(len(m.q.CreatedBy) == 0 || slices.Contains(m.q.CreatedBy, t.CreatedBy) || t.Maker != 0 && slices.Contains(m.q.Makers, t.Maker)) &&
		is(m.q.NeverExpires, t.ExpireAt == 0) &&
		is(m.q.WithoutFilter, t.FilterID == "")
}

// is reports whether what is so was asked for, or nothing was.
func is(asked *bool, so bool) bool { return asked == nil || *asked == so }
