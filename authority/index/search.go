package index

import (
	"bytes"
	"slices"

	"tokenscale/epoch"
	"tokenscale/token"
)

// scan looks at all tokens and returns the page of those that match. names is a snapshot of the
// order by name.
func scan(names order, q token.Query, now epoch.Millis) Page {
	l := newLookout(q, now)
	if bytes.IndexByte(l.part, nameEnd) >= 0 { // it would match across names
		return Page{Entries: []*Entry{}}
	}
	s := newSelection(q)
	for i := range names.blocks {
		if q.Descending {
			i = len(names.blocks) - 1 - i
		}
		found := l.in(names.blocks[i])
		if q.Descending {
			slices.Reverse(found)
		}
		s.take(found)
	}
	return s.page()
}

// one returns the page of a query whose Search is the id of e.
func one(e *Entry, q token.Query, now epoch.Millis) Page {
	l, s := newLookout(q, now), newSelection(q)
	l.look(e)
	s.take(l.found)
	return s.page()
}

// A match is an entry that a query asks for, with its last use as it was when the entry was
// looked at: that may change at any moment. It is zero where the query does not depend on it.
type match struct {
	*Entry
	used epoch.Millis
}

// A lookout finds the matches of a query.
type lookout struct {
	part    []byte // of a folded name
	matcher *token.Matcher
	asks    bool // for more than a part of the name
	byUse   bool
	found   []match
}

func newLookout(q token.Query, now epoch.Millis) *lookout {
	l := &lookout{
		part: []byte(Fold(q.Search)), matcher: q.Matcher(now),
		byUse: q.UnusedSince != 0 || q.Order == token.ByLastUse, found: make([]match, 0, fullBlock),
	}
	q.Search = ""
	l.asks = q.Filters()
	return l
}

// in returns the matches in a block of names. They are gone with the next call.
func (l *lookout) in(b *block) []match {
	l.found = l.found[:0]
	b.holding(l.part, l.look)
	return l.found
}

// look adds e to what was found, if it matches in all but its name.
func (l *lookout) look(e *Entry) {
	m := match{Entry: e}
	if l.byUse {
		m.used = e.LastUse().At
	}
	if !l.asks || l.matcher.Match(e.Token(), m.used) {
		l.found = append(l.found, m)
	}
}
