package policy

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/token"
)

// The naive model: tokens as the contract tells of them, and a policy that does
// all its work in the moment it is set.

type naive struct {
	policy Security
	tokens map[token.ID]*naiveToken
}

type naiveToken struct {
	born, end   epoch.Millis // end is far away if there is none
	filter      ipfilter.ID
	permissions permission.Set
}

const farAway = epoch.End

func (n *naive) set(s Security, now epoch.Millis) {
	n.policy = s
	for id, t := range n.tokens {
		limit := t.born + epoch.Millis(s.MaxAgeMs)
		switch {
		case !s.Enabled, s.MaxAgeMs > 0 && limit <= now:
			delete(n.tokens, id)
			continue
		case s.MaxAgeMs > 0 && t.end > limit:
			t.end = limit
		}
		if s.FilterID != "" {
			t.filter = s.FilterID
		}
	}
}

func (n *naive) accepts(id token.ID, known Filters, from netip.Addr, now epoch.Millis) bool {
	t := n.tokens[id]
	return t != nil && now < t.end && (t.filter == "" || known.Rules(t.filter).Allows(from))
}

// A server is the true rules with rows, which are brought up to date one by one
// or never, and the naive model beside it.
type server struct {
	known   book
	now     epoch.Millis
	history History
	rows    map[token.ID]stored
	made    []token.ID // all that were ever made
	naive   naive
}

// A stored is a row: a token and the number of the newest tightening that it satisfies.
type stored struct {
	token.Token
	stamp uint64
}

func newServer(known book) *server {
	return &server{
		known: known, now: noon, history: History{Policies: Fresh()}, rows: map[token.ID]stored{},
		naive: naive{open, map[token.ID]*naiveToken{}},
	}
}

// at returns the token as it is now, and whether it is there.
func (s *server) at(id token.ID) (token.Token, bool) {
	row, ok := s.rows[id]
	v, alive, _ := s.history.Fold(row.Token, row.stamp)
	return v, ok && alive
}

func (s *server) put(v token.Token) { s.rows[v.ID] = stored{v, s.history.Newest} }

func (s *server) newID() token.ID {
	id := token.ID(fmt.Sprint("t", len(s.made)))
	s.made = append(s.made, id)
	return id
}

// pick draws any token that was ever made, and reports whether it exists.
func (s *server) pick(t *rapid.T) (token.Token, bool) {
	if len(s.made) == 0 {
		return token.Token{}, false
	}
	return s.at(rapid.SampledFrom(s.made).Draw(t, "token"))
}

func (s *server) Admit(t *rapid.T) {
	d := anyDraft.Draw(t, "draft")
	if d.Expiry.At != nil {
		*d.Expiry.At += s.now - noon
	}
	row, err := s.history.System.Admit(RootActor(), d, s.now)
	if err != nil {
		return
	}
	row.ID = s.newID()
	s.put(row)
	end := farAway
	if d.Expiry.At != nil {
		end = *d.Expiry.At
	}
	s.naive.tokens[row.ID] = &naiveToken{s.now, end, d.FilterID, d.Permissions}
	s.naive.set(s.history.System, s.now) // a new token is as if the policy were set anew
}

func (s *server) ChangePolicy(t *rapid.T) {
	next := anyPolicy.Draw(t, "next")
	h, _, err := s.history.Set(policies(next), Actor{}, s.now)
	if err != nil {
		return // too many that no row was brought up to yet
	}
	s.history = h
	s.naive.set(next, s.now)
}

// Mend brings a row up to date, or cuts what no row needs.
func (s *server) Mend(t *rapid.T) {
	if rapid.Bool().Draw(t, "cut") {
		least := s.history.Newest
		for _, row := range s.rows {
			least = min(least, row.stamp)
		}
		s.history = s.history.Cut(least)
		return
	}
	if len(s.made) == 0 {
		return
	}
	id := rapid.SampledFrom(s.made).Draw(t, "token")
	if v, ok := s.at(id); ok {
		s.put(v)
	} else {
		delete(s.rows, id)
	}
}

func (s *server) PassTime(t *rapid.T) {
	s.now += epoch.Millis(rapid.IntRange(1, 4).Draw(t, "ms"))
}

func (s *server) Rotate(t *rapid.T) {
	row, ok := s.pick(t)
	if !ok {
		return
	}
	next, err := Rotate(RootActor(), row, s.now)
	if err != nil {
		return
	}
	grace := time.Duration(rapid.IntRange(0, 4).Draw(t, "grace")) * time.Millisecond
	next.ID = s.newID()
	s.put(next)
	s.put(InGrace(row, next.ID, grace, s.now))
	old := s.naive.tokens[row.ID]
	if old == nil {
		t.Fatalf("%+v was rotated, though it is gone", row)
	}
	successor := *old
	s.naive.tokens[next.ID] = &successor
	old.end = min(old.end, s.now.Add(grace))
}

func (s *server) Regrant(t *rapid.T) {
	row, ok := s.pick(t)
	if !ok {
		return
	}
	to := anySet.Draw(t, "to")
	changed, err := s.history.System.Regrant(RootActor(), row, to, s.now)
	if err != nil {
		return
	}
	s.put(changed)
	if s.naive.tokens[row.ID] == nil || !s.naive.policy.AllowUpdates {
		t.Fatalf("%+v was given other permissions under %+v", row, s.naive.policy)
	}
	s.naive.tokens[row.ID].permissions = to
}

func (s *server) RemoveExpired(*rapid.T) {
	for id := range s.rows {
		if row, ok := s.at(id); ok && row.Expired(s.now) {
			delete(s.rows, id)
		}
	}
}

// check verifies every token ever made from every place, and compares.
func (s *server) check(t *rapid.T) {
	for _, id := range s.made {
		for _, from := range places {
			row, ok := s.at(id)
			outcome, by := Unknown, Actor{}
			if ok {
				by, outcome = s.history.System.Usable(row, s.known, from, s.now)
			}
			if want := s.naive.accepts(id, s.known, from, s.now); want != (outcome == Accepted) {
				t.Fatalf("%s from %s at %d: %s, the model says accepted %v\nrow %+v\npolicy %+v", id, from, s.now, outcome, want, row, s.history.System)
			}
			if outcome == Accepted && by.Permissions != s.naive.tokens[id].permissions {
				t.Fatalf("%s may %v, the model says %v", id, by.Permissions.Names(), s.naive.tokens[id].permissions.Names())
			}
		}
	}
}

// Whatever happens in whatever order, and whichever rows are up to date, a token
// is accepted just when the naive model accepts it.
func TestUsableAgreesWithANaiveModelInAnyOrderOfEvents(t *testing.T) {
	known := filters(t)
	rapid.Check(t, func(t *rapid.T) {
		s := newServer(known)
		t.Repeat(map[string]func(*rapid.T){
			"admit": s.Admit, "admit another": s.Admit, "change policy": s.ChangePolicy, "mend": s.Mend, "pass time": s.PassTime,
			"rotate": s.Rotate, "regrant": s.Regrant, "remove expired": s.RemoveExpired, "": s.check,
		})
	})
}
