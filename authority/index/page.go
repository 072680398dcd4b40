package index

import (
	"bytes"
	"cmp"
	"slices"

	"tokenscale/authority/index/caseless"
	"tokenscale/authority/index/cells"
	"tokenscale/epoch"
	"tokenscale/token"
)

// A Page is one page of a list of tokens, as they were at one moment.
type Page struct {
	Total   int          // how many match, on all pages together
	Entries []Entry      // never nil
	End     token.Cursor // where the last entry stands; empty if there is none
	More    bool         // whether more follow behind the last entry
}

// Page returns one page of the tokens that match q at now. A Search that is exactly the id of a
// token finds no other. A cursor that is none, or that is of another order, must have been
// refused before; here it means nothing.
//
// Of all tokens it reaches any page in logarithmic time, except by last use, of which no order is
// kept. Whatever else is asked for, it looks at all tokens. Nobody waits for it, nor it for others.
func (x *Index) Page(q token.Query, now epoch.Millis) Page {
	v := view{picture: x.now(), q: q}
	v.after, v.used, v.marked = markAt(q)
	cell, isID := v.find(x.hash(token.ID(q.Search)), token.ID(q.Search))
	if isID {
		q.Search = ""
	} else if !q.Filters() {
		return v.page(nil, v.size)
	}
	found := cells.NewBitmap(len(v.leaves) * groupSize) // a word for each leaf
	defer found.GiveBack()
	m := newMatcher(v.picture, q, now)
	if isID {
		l, i := v.at(cell)
		return v.page(found, found.SetWord(cell>>leafBits, m.in(l)&(1<<i)))
	}
	total := 0
	for n, l := range v.leaves.all() {
		total += found.SetWord(n, m.in(l))
	}
	return v.page(found, total)
}

// A view is what a query asks for, at one moment.
type view struct {
	*picture
	q token.Query

	// where the cursor points, if it is marked
	after  *mark
	used   epoch.Millis
	marked bool
}

// markAt returns where the cursor of q points, if it has one.
func markAt(q token.Query) (_ *mark, used epoch.Millis, ok bool) {
	at, ok := q.After.Place()
	if !ok || at.Order != q.Order {
		return nil, 0, false
	}
	return &mark{name: caseless.Fold(at.Name), id: padded(at.ID), ending: endingOf(at.At), created: at.At}, at.At, true
}

// page returns the page of the tokens that were found, of all if that is nil.
func (v *view) page(found *cells.Bitmap, total int) Page {
	p := Page{Total: total, Entries: []Entry{}}
	if v.q.Limit == 0 || total == 0 {
		return p
	}
	var used epoch.Millis
	switch {
	case v.q.Order == token.ByLastUse:
		p.Entries, used = v.latest(found)
	case total <= few && found != nil:
		p.Entries = v.sorted(found)
	default:
		p.Entries = v.walked(found)
	}
	n := len(p.Entries)
	if p.More = n > v.q.Limit; p.More {
		n--
		p.Entries = p.Entries[:n]
	}
	if n > 0 {
		p.End = token.PlaceOf(p.Entries[n-1].Token(), used, v.q.Order, v.q.Descending).Cursor()
	}
	return p
}

// order returns the order of the query.
func (v *view) order() (cells.Tree, func(*picture, *mark) cells.Place) {
	switch v.q.Order {
	case token.ByExpiry:
		return v.endings, (*picture).byEnding
	case token.ByCreation:
		return v.births, (*picture).byBirth
	default:
		return v.names, (*picture).byName
	}
}

// compare compares two tokens in the order of the query, going up.
func (v *view) compare(a, b uint32) int {
	l, i := v.at(a)
	m, j := v.at(b)
	c := 0
	switch v.q.Order {
	case token.ByExpiry:
		c = cmp.Compare(l.meta[i].ending(), m.meta[j].ending())
	case token.ByCreation:
		c = cmp.Compare(l.meta[i].createdAt(), m.meta[j].createdAt())
	}
	if c == 0 && v.q.Order != token.ByCreation {
		c = bytes.Compare(l.folded(i), m.folded(j))
	}
	if c == 0 {
		c = bytes.Compare(l.keys[i].id[:], m.keys[j].id[:])
	}
	return c
}

// start returns the position in the order from which the page goes up, or before which it goes
// down.
func (v *view) start() int {
	order, place := v.order()
	switch {
	case !v.marked && v.q.Descending:
		return order.Len()
	case !v.marked:
		return 0
	}
	to := place(v.picture, v.after)
	at := order.Count(to)
	if !v.q.Descending && at < order.Len() && to(order.At(at)) == 0 {
		at++ // the token at the cursor is still there
	}
	return at
}

// walked goes through the order and returns the page of those that were found, and one more that
// follows, if one does.
func (v *view) walked(found *cells.Bitmap) []Entry {
	order, _ := v.order()
	at, skip := v.start(), v.q.Skip
	pieces := order.From
	if v.q.Descending {
		pieces = order.Back
	}
	if found == nil {
		if v.q.Descending {
			skip = -skip
		}
		at, skip = at+skip, 0
	}
	entries := make([]Entry, 0, min(v.q.Limit, order.Len())+1)
	for piece := range pieces(at) {
		if skip > 0 { // counting has no branches
			if n := found.Count(piece); n <= skip {
				skip -= n
				continue
			}
		}
		for i := range piece {
			cell := piece[i]
			if v.q.Descending {
				cell = piece[len(piece)-1-i]
			}
			switch {
			case !found.Has(cell):
			case skip > 0:
				skip--
			default:
				if entries = append(entries, v.entry(cell)); len(entries) > v.q.Limit {
					return entries
				}
			}
		}
	}
	return entries
}

// few is how many tokens are sorted rather than found in an order.
const few = 512

// sorted does as walked for few tokens.
func (v *view) sorted(found *cells.Bitmap) []Entry {
	_, place := v.order()
	up := 1
	if v.q.Descending {
		up = -1
	}
	list := found.Cells()
	if v.marked {
		after := place(v.picture, v.after)
		list = slices.DeleteFunc(list, func(cell uint32) bool { return after(cell)*up >= 0 })
	}
	slices.SortFunc(list, func(a, b uint32) int { return v.compare(a, b) * up })
	list = list[min(v.q.Skip, len(list)):]
	entries := make([]Entry, min(v.q.Limit+1, len(list)))
	for i := range entries {
		entries[i] = v.entry(list[i])
	}
	return entries
}
