package index

import (
	"iter"
	"sort"

	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/token"
)

// A Page is one page of a list of tokens, as they were at one moment.
type Page struct {
	Total   int          // how many match, on all pages together
	Entries []*Entry     // never nil
	End     token.Cursor // where the last entry stands; empty if there is none
	More    bool         // whether more follow behind the last entry
}

// Page returns one page of the tokens that match q at now. A Search that is exactly the id of a
// token finds no other. A cursor that is none, or that is of another order, must have been
// refused before; here it means nothing.
//
// By name and by expiry it reaches any page of all tokens in logarithmic time. Whatever else is
// asked for, it looks at all tokens, in a picture of the moment, and nobody waits for it.
func (x *Index) Page(q token.Query, now epoch.Millis) Page {
	if q.Search != "" {
		if e, ok := x.Find(token.ID(q.Search)); ok {
			return one(e, q, now)
		}
	}
	if !q.Filters() && (q.Order == token.ByName || q.Order == token.ByExpiry) {
		return x.window(q)
	}
	return scan(x.names(), q, now)
}

// window reads a page of all tokens by its position.
func (x *Index) window(q token.Query) Page {
	mark, marked := markOf(q)
	x.mu.RLock()
	defer x.mu.RUnlock()
	order := &x.byName
	if q.Order == token.ByExpiry {
		order = &x.byExpiry
	}
	from, to := 0, x.tokens.n
	if marked {
		before, there := order.rank(mark.Entry)
		if q.Descending {
			to = before
		} else {
			from = before + there
		}
	}
	entries := order.window(from, to, q)
	return newPage(q, x.tokens.n, entries, 0, to-from)
}

// newPage returns the page of some entries, of which the last was last used at used. Behind the
// cursor of q were so many matches.
func newPage(q token.Query, total int, entries []*Entry, used epoch.Millis, behind int) Page {
	p := Page{Total: total, Entries: entries}
	if n := len(entries); n > 0 {
		p.More = behind-n > q.Skip
		p.End = token.PlaceOf(entries[n-1].Token(), used, q.Order, q.Descending).Cursor()
	}
	return p
}

// BoundTo returns one page of the tokens that have the filter id, by name, and
// how many have it in all.
func (x *Index) BoundTo(id ipfilter.ID, skip, limit int) (total int, page []*Entry) {
	page = []*Entry{}
	for e := range x.ByName() {
		if e.FilterID() != id {
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
	for e := range x.byExpiry.from(0) {
		if e.expireAt == 0 || e.expireAt >= moment || len(ids) == n {
			break
		}
		ids = append(ids, e.ID())
	}
	return ids
}

// Census counts the tokens by state.
type Census struct {
	Active, Expired, Endless int // Endless are those of the active that never expire
}

// Census counts the tokens as they are at now.
func (x *Index) Census(now epoch.Millis) Census {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var c Census
	c.Expired, _ = x.expired(now)
	c.Active = x.tokens.n - c.Expired
	c.Endless = x.endless()
	return c
}

// Ending yields the tokens that expire after one moment and not after another,
// the soonest first, as they are now. Changes meanwhile are not seen, and do
// not wait.
func (x *Index) Ending(after, until epoch.Millis) iter.Seq[*Entry] {
	x.mu.Lock() // a snapshot marks the order as shared
	first, _ := x.expired(after)
	endings := x.byExpiry.snapshot()
	x.mu.Unlock()
	return func(yield func(*Entry) bool) {
		for e := range endings.from(first) {
			if isEndless(e) || e.expireAt > until || !yield(e) {
				return
			}
		}
	}
}

// NextExpiry returns the first expiry after a moment, or zero if there is none.
func (x *Index) NextExpiry(after epoch.Millis) epoch.Millis {
	x.mu.RLock()
	defer x.mu.RUnlock()
	_, next := x.expired(after)
	return next
}

// expired returns how many tokens are expired at now, and when the next one
// will be. Blocks are in order, so only one of them is looked into.
func (x *Index) expired(now epoch.Millis) (n int, next epoch.Millis) {
	for _, b := range x.byExpiry.blocks {
		last := b.entries[len(b.entries)-1]
		if !isEndless(last) && last.expireAt <= now {
			n += len(b.entries)
			continue
		}
		i := sort.Search(len(b.entries), func(i int) bool { return isEndless(b.entries[i]) || b.entries[i].expireAt > now })
		return n + i, b.entries[i].expireAt
	}
	return n, 0
}

func isEndless(e *Entry) bool { return e.expireAt == 0 }

// endless counts the tokens that never expire: they are the last by expiry,
// so the first of them is found by halving, block by block.
func (x *Index) endless() int {
	blocks := x.byExpiry.blocks
	n := 0
	for i := len(blocks) - 1; i >= 0; i-- {
		entries := blocks[i].entries
		first := sort.Search(len(entries), func(i int) bool { return isEndless(entries[i]) })
		n += len(entries) - first
		if first > 0 {
			break
		}
	}
	return n
}
