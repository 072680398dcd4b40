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

// The naive model: tokens as the contract tells of them, a policy that does
// all its work in the moment it is set, and no sweep.

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

// A server is the true rules with rows, a sweep that works token by token, and
// the naive model beside it.
type server struct {
	known  book
	now    epoch.Millis
	policy Security
	rows   map[token.ID]token.Token
	made   []token.ID // all that were ever made

	rule    Security // of the sweep
	waiting []token.ID
	naive   naive
}

func newServer(known book) *server {
	return &server{known: known, now: noon, policy: open, rows: map[token.ID]token.Token{}, naive: naive{open, map[token.ID]*naiveToken{}}}
}

func (s *server) newID() token.ID {
	id := token.ID(fmt.Sprint("t", len(s.made)))
	s.made = append(s.made, id)
	return id
}

// pick draws any token that was ever made, and reports whether its row exists.
func (s *server) pick(t *rapid.T) (token.Token, bool) {
	if len(s.made) == 0 {
		return token.Token{}, false
	}
	row, ok := s.rows[rapid.SampledFrom(s.made).Draw(t, "token")]
	return row, ok
}

func (s *server) Admit(t *rapid.T) {
	d := anyDraft.Draw(t, "draft")
	if d.Expiry.At != nil {
		*d.Expiry.At += s.now - noon
	}
	row, err := s.policy.Admit(RootActor(), d, s.now)
	if err != nil {
		return
	}
	row.ID = s.newID()
	s.rows[row.ID] = row
	end := farAway
	if d.Expiry.At != nil {
		end = *d.Expiry.At
	}
	s.naive.tokens[row.ID] = &naiveToken{s.now, end, d.FilterID, d.Permissions}
	s.naive.set(s.policy, s.now) // a new token is as if the policy were set anew
}

func (s *server) ChangePolicy(t *rapid.T) {
	if len(s.waiting) > 0 {
		return // conflict: a sweep is on its way
	}
	next := anyPolicy.Draw(t, "next")
	s.rule, s.policy = next.Since(s.policy), next
	if s.rule.Touches() {
		for _, id := range s.made {
			if _, ok := s.rows[id]; ok {
				s.waiting = append(s.waiting, id)
			}
		}
	}
	s.naive.set(next, s.now)
}

func (s *server) Sweep(t *rapid.T) {
	if len(s.waiting) == 0 {
		return
	}
	id := s.waiting[0]
	if !rapid.Bool().Draw(t, "crash before the cursor moves") {
		s.waiting = s.waiting[1:]
	}
	row, ok := s.rows[id]
	if !ok {
		return
	}
	if row, verdict := s.rule.Judge(row, s.now); verdict == Delete {
		delete(s.rows, id)
	} else {
		s.rows[id] = row
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
	next, err := s.policy.Rotate(RootActor(), row, s.now)
	if err != nil {
		return
	}
	grace := time.Duration(rapid.IntRange(0, 4).Draw(t, "grace")) * time.Millisecond
	next.ID = s.newID() // the sweep has passed it, or never meets it
	s.rows[next.ID] = next
	s.rows[row.ID] = InGrace(row, next.ID, grace, s.now)
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
	changed, err := s.policy.Regrant(RootActor(), row, to, s.now)
	if err != nil {
		return
	}
	s.rows[row.ID] = changed
	if s.naive.tokens[row.ID] == nil || !s.naive.policy.AllowUpdates {
		t.Fatalf("%+v was given other permissions under %+v", row, s.naive.policy)
	}
	s.naive.tokens[row.ID].permissions = to
}

func (s *server) RemoveExpired(*rapid.T) {
	for id, row := range s.rows {
		if row.Expired(s.now) {
			delete(s.rows, id)
		}
	}
}

// check verifies every token ever made from every place, and compares.
func (s *server) check(t *rapid.T) {
	for _, id := range s.made {
		for _, from := range places {
			row, ok := s.rows[id]
			outcome, by := Unknown, Actor{}
			if ok {
				by, outcome = s.policy.Usable(row, s.known, from, s.now)
			}
			if want := s.naive.accepts(id, s.known, from, s.now); want != (outcome == Accepted) {
				t.Fatalf("%s from %s at %d: %s, the model says accepted %v\nrow %+v\npolicy %+v", id, from, s.now, outcome, want, row, s.policy)
			}
			if outcome == Accepted && by.Permissions != s.naive.tokens[id].permissions {
				t.Fatalf("%s may %v, the model says %v", id, by.Permissions.Names(), s.naive.tokens[id].permissions.Names())
			}
		}
	}
}

// Whatever happens in whatever order, and however far the sweep is, a token is
// accepted just when the naive model accepts it.
func TestUsableAgreesWithANaiveModelInAnyOrderOfEvents(t *testing.T) {
	known := filters(t)
	rapid.Check(t, func(t *rapid.T) {
		s := newServer(known)
		t.Repeat(map[string]func(*rapid.T){
			"admit": s.Admit, "admit another": s.Admit, "change policy": s.ChangePolicy, "sweep": s.Sweep, "pass time": s.PassTime,
			"rotate": s.Rotate, "regrant": s.Regrant, "remove expired": s.RemoveExpired, "": s.check,
		})
	})
}
