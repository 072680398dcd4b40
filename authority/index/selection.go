package index

import (
	"cmp"
	"slices"
	"sort"

	"tokenscale/token"
)

// A selection takes all matches of a query, in the order of names, and keeps those of the page.
// In the order of names they are a piece of what comes; in any other it keeps as many of the
// first as it takes to show the page.
type selection struct {
	q       token.Query
	compare func(a, b match) int // in the order and direction of q
	mark    match                // where the cursor points, if it is marked
	marked  bool

	total  int // matches so far
	behind int // of those, how many come behind the cursor
	kept   []match
	bar    match // the last of those wanted, if full: what comes behind it is not
	full   bool
}

func newSelection(q token.Query) *selection {
	s := &selection{q: q, compare: comparison(q)}
	s.mark, s.marked = markOf(q)
	return s
}

// take takes the next matches.
func (s *selection) take(found []match) {
	s.total += len(found)
	if s.q.Order == token.ByName {
		s.takeNext(found)
		return
	}
	for _, m := range found {
		if !s.marked || s.compare(m, s.mark) > 0 {
			s.behind++
			s.keep(m)
		}
	}
}

// takeNext takes matches that come behind all so far.
func (s *selection) takeNext(found []match) {
	if s.marked {
		found = found[sort.Search(len(found), func(i int) bool { return s.compare(found[i], s.mark) > 0 }):]
	}
	skip := min(max(s.q.Skip-s.behind, 0), len(found))
	s.behind += len(found)
	s.kept = append(s.kept, found[skip:min(skip+s.q.Limit-len(s.kept), len(found))]...)
}

// wanted returns how many matches behind the cursor it takes to show the page.
func (s *selection) wanted() int {
	const beyondAll = 1 << 29 // tokens: no machine holds so many
	if s.q.Limit == 0 {
		return 0
	}
	return min(s.q.Skip, beyondAll) + s.q.Limit
}

// keep keeps m if it is among the first so far.
func (s *selection) keep(m match) {
	if s.wanted() == 0 || s.full && s.compare(m, s.bar) > 0 {
		return
	}
	if s.kept = append(s.kept, m); len(s.kept) >= 2*s.wanted()+fullBlock {
		s.sort()
	}
}

func (s *selection) sort() {
	slices.SortFunc(s.kept, s.compare)
	if n := s.wanted(); len(s.kept) >= n && n > 0 {
		s.kept = s.kept[:n]
		s.bar, s.full = s.kept[n-1], true
	}
}

// page returns the page, when all matches were taken.
func (s *selection) page() Page {
	kept := s.kept
	if s.q.Order != token.ByName {
		s.sort()
		kept = s.kept[min(s.q.Skip, len(s.kept)):]
	}
	entries := make([]*Entry, len(kept))
	used := match{}.used
	for i, m := range kept {
		entries[i], used = m.Entry, m.used
	}
	return newPage(s.q, s.total, entries, used, s.behind)
}

// comparison returns how matches compare in the order of q and in its direction.
func comparison(q token.Query) func(a, b match) int {
	ascending := byName
	switch q.Order {
	case token.ByExpiry:
		ascending = byExpiry
	case token.ByCreation:
		ascending = byCreation
	case token.ByLastUse:
		ascending = byLastUse
	}
	if q.Descending {
		return func(a, b match) int { return ascending(b, a) }
	}
	return ascending
}

func byName(a, b match) int   { return nameOrder(a.Entry, b.Entry) }
func byExpiry(a, b match) int { return expiryOrder(a.Entry, b.Entry) }

func byCreation(a, b match) int {
	return cmp.Or(cmp.Compare(a.createdAt, b.createdAt), cmp.Compare(a.ID(), b.ID()))
}

func byLastUse(a, b match) int {
	return cmp.Or(cmp.Compare(a.used, b.used), cmp.Compare(a.ID(), b.ID()))
}

// markOf returns a match that is made up to stand where the cursor of q points, if it has one.
func markOf(q token.Query) (match, bool) {
	p, ok := q.After.Place()
	if !ok {
		return match{}, false
	}
	t := token.Token{ID: p.ID, Name: p.Name}
	switch p.Order {
	case token.ByExpiry:
		t.ExpireAt = p.At
	case token.ByCreation:
		t.CreatedAt = p.At
	}
	return match{newEntry(t), p.At}, true
}
