package tombstones

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"tokenscale/authority/index/caseless"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/token"
)

// A Page is one page of a list of tombstones.
type Page struct {
	Total      int // how many match, on all pages together
	Tombstones []rows.Tombstone
	End        token.Cursor // where the last one stands; empty if there is none
	More       bool         // whether more follow behind it
}

// Page returns one page of the tombstones that match q, apart from its states, without those of
// tokens that live after all: which was ended by a wrong clock may have come back.
func (s *Tombstones) Page(q token.Query, now epoch.Millis, lives func(token.ID) bool) Page {
	q.States = nil
	found := s.matching(q, now, lives)
	turn := 1
	if q.Descending {
		turn = -1
	}
	slices.SortFunc(found, func(a, b rows.Tombstone) int { return turn * placeOf(a, q).compare(placeOf(b, q)) })
	p := Page{Total: len(found), Tombstones: []rows.Tombstone{}}
	if at, ok := q.After.Place(); ok {
		found = slices.DeleteFunc(found, func(t rows.Tombstone) bool { return turn*placeOf(t, q).compare(folded(at)) <= 0 })
	}
	if q.Limit == 0 || q.Skip >= len(found) {
		return p
	}
	found = found[q.Skip:]
	p.More = len(found) > q.Limit
	p.Tombstones = found[:min(q.Limit, len(found))]
	last := p.Tombstones[len(p.Tombstones)-1]
	p.End = token.PlaceOf(last.Token, momentOf(last, q.Order), q.Order, q.Descending).Cursor()
	return p
}

func (s *Tombstones) matching(q token.Query, now epoch.Millis, lives func(token.ID) bool) []rows.Tombstone {
	if t := s.Find(token.ID(q.Search)); t != nil {
		return slices.DeleteFunc([]rows.Tombstone{*t}, func(t rows.Tombstone) bool { return lives(t.ID) || !q.Matcher(now).Match(t.Token, t.Used.At) })
	}
	m, part := q.Matcher(now), caseless.Fold(q.Search)
	return slices.DeleteFunc(s.all(), func(t rows.Tombstone) bool {
		named := strings.Contains(caseless.Fold(t.Name), part) || q.SearchNotes && strings.Contains(caseless.Fold(t.Note), part)
		return !m.Match(t.Token, t.Used.At) || !named || lives(t.ID)
	})
}

// A place is where a token stands in an order, going up.
type place struct {
	at   uint64
	name string // folded
	id   token.ID
}

func placeOf(t rows.Tombstone, q token.Query) place {
	return folded(token.PlaceOf(t.Token, momentOf(t, q.Order), q.Order, q.Descending))
}

// momentOf returns what an order goes by, if it is nothing that the token itself says.
func momentOf(t rows.Tombstone, order token.Order) epoch.Millis {
	switch order {
	case token.ByEnd:
		return t.At
	case token.ByLastTry:
		return t.Tried.At
	default:
		return t.Used.At
	}
}

func folded(p token.Place) place {
	at := uint64(p.At)
	if p.Order == token.ByExpiry && at == 0 {
		at = math.MaxUint64 // one that would never have ended comes last
	}
	return place{at, caseless.Fold(p.Name), p.ID}
}

func (a place) compare(b place) int {
	return cmp.Or(cmp.Compare(a.at, b.at), strings.Compare(a.name, b.name), strings.Compare(string(a.id), string(b.id)))
}
