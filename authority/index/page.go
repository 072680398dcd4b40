package index

import (
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/btree"
	"golang.org/x/text/cases"

	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/token"
)

// A Query asks for one page of tokens.
type Query struct {
	Search      string // part of a name without regard to case, or an id; empty for all
	ByExpiry    bool   // order by expiry instead of by name
	Descending  bool
	Skip, Limit int // both at least 0
}

// Page returns one page, and how many tokens match in all. A Search that is
// exactly the id of a token finds that token only.
//
// Without a Search it reaches any page in logarithmic time. With one it looks
// at all names, in a picture of the moment, and nobody waits for it.
func (x *Index) Page(q Query) (total int, page []*Entry) {
	if q.Search == "" {
		return x.window(q)
	}
	if e, ok := x.Find(token.ID(q.Search)); ok {
		return 1, cut([]*Entry{e}, q.Skip, q.Limit)
	}
	return search(x.snapshot(q.ByExpiry), q)
}

func (x *Index) tree(byExpiry bool) *btree.BTreeG[*Entry] {
	if byExpiry {
		return x.byExpiry
	}
	return x.byName
}

func (x *Index) snapshot(byExpiry bool) *btree.BTreeG[*Entry] {
	x.mu.Lock() // a copy marks the nodes as shared
	defer x.mu.Unlock()
	return x.tree(byExpiry).Copy()
}

// window reads a page by its position.
func (x *Index) window(q Query) (int, []*Entry) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	tree := x.tree(q.ByExpiry)
	total := tree.Len()
	n := min(q.Limit, max(total-q.Skip, 0))
	page := make([]*Entry, n)
	for i := range page {
		at := q.Skip + i
		if q.Descending {
			at = total - 1 - at
		}
		page[i], _ = tree.GetAt(at)
	}
	return total, page
}

func search(tree *btree.BTreeG[*Entry], q Query) (total int, page []*Entry) {
	part := Fold(q.Search)
	walk := tree.Scan
	if q.Descending {
		walk = tree.Reverse
	}
	page = []*Entry{}
	for e := range iter.Seq[*Entry](walk) {
		if !strings.Contains(e.folded, part) {
			continue
		}
		if total >= q.Skip && len(page) < q.Limit {
			page = append(page, e)
		}
		total++
	}
	return total, page
}

func cut(all []*Entry, skip, limit int) []*Entry {
	all = all[min(skip, len(all)):]
	return all[:min(limit, len(all))]
}

// BoundTo returns one page of the tokens that have the filter id, by name, and
// how many have it in all.
func (x *Index) BoundTo(id ipfilter.ID, skip, limit int) (total int, page []*Entry) {
	page = []*Entry{}
	for e := range x.ByName() {
		if e.Token.FilterID != id {
			continue
		}
		if total >= skip && len(page) < limit {
			page = append(page, e)
		}
		total++
	}
	return total, page
}

// DueBefore returns up to n tokens whose expiry is before the moment, soonest
// first.
func (x *Index) DueBefore(moment epoch.Millis, n int) []token.ID {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var ids []token.ID
	x.byExpiry.Scan(func(e *Entry) bool {
		if e.Token.ExpireAt == 0 || e.Token.ExpireAt >= moment || len(ids) == n {
			return false
		}
		ids = append(ids, e.Token.ID)
		return true
	})
	return ids
}

// Census counts the tokens by state.
type Census struct {
	Active, Expired, Endless int          // Endless are those of the active that never expire
	Soonest                  epoch.Millis // the next expiry of an active token; zero if none expires
}

// Census counts the tokens as they are at now.
func (x *Index) Census(now epoch.Millis) Census {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var c Census
	x.byExpiry.Scan(func(e *Entry) bool { // expired ones are few: they are removed soon
		if !e.Token.Expired(now) {
			c.Soonest = e.Token.ExpireAt
			return false
		}
		c.Expired++
		return true
	})
	c.Active = len(x.tokens) - c.Expired
	c.Endless = len(x.tokens) - x.ending()
	return c
}

// ending returns how many tokens expire at some time: the position of the
// first endless one, found by halving.
func (x *Index) ending() int {
	low, high := 0, x.byExpiry.Len()
	for low < high {
		mid := (low + high) / 2
		if e, _ := x.byExpiry.GetAt(mid); e.Token.ExpireAt == 0 {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}

// Fold returns a name as it is compared: without regard to case, by Unicode's
// full case folding.
func Fold(name string) string {
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			return cases.Fold().String(name)
		}
	}
	return strings.ToLower(name) // of ASCII: the name itself if it is lower case
}
