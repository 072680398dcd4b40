package tombstones

import (
	"tokenscale/authority/rows"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// A change of the policies deletes tokens at once, and their rows go later and slowly: a change
// that wrote a tombstone for each would be as large as there are tokens. Until then the tombstones
// are here only. They are the same that will be written: both follow from the history of the
// policies.

// lookAtOnce is of how many tokens it is asked at a time.
const lookAtOnce = 500

// followPolicies keeps what there is to know of the tokens that a change of the policies deletes.
// The index has not heard of it yet.
func (s *Tombstones) followPolicies(c store.Change) {
	h, err := s.rows.Policies.Decode(c.Key, c.Value)
	known := s.live.History().Newest
	if err != nil || !deletes(h, known) {
		return
	}
	// A maximum counts from creation, so the oldest go, and all that follow live on.
	q := token.Query{Order: token.ByCreation, Limit: lookAtOnce}
	for more := true; more && q.Skip < policy.MostEnded; q.Skip += lookAtOnce {
		p := s.live.Page(q, 0)
		more = p.More
		for _, e := range p.Entries {
			last, by, ended := h.Ending(e.Token(), known)
			if !ended {
				return
			}
			used := e.LastUse()
			s.expect(rows.Tombstone{Token: last, End: rows.EndByPolicy(by), Used: rows.Use{At: used.At, From: used.From}})
		}
	}
}

// deletes reports whether a tightening behind known can delete a token.
func deletes(h policy.History, known uint64) bool {
	for i, p := range h.Past {
		if h.Newest-uint64(len(h.Past)-1-i) > known && p.Rule.Deletes() {
			return true
		}
	}
	return false
}

// expect keeps a tombstone that is to be written.
func (s *Tombstones) expect(t rows.Tombstone) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID[t.ID] == nil {
		s.know(t)
		s.unwritten[t.ID] = true
	}
}
