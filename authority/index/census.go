package index

import (
	"iter"

	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/token"
)

// BoundTo returns one page of the tokens that have the filter id, by name, and
// how many have it in all.
func (x *Index) BoundTo(id ipfilter.ID, skip, limit int) (total int, page []Entry) {
	p := x.Page(token.Query{FilterIDs: []ipfilter.ID{id}, Skip: skip, Limit: limit}, 0)
	return p.Total, p.Entries
}

// DueBefore returns up to n tokens whose expiry is before the moment, soonest
// first.
func (x *Index) DueBefore(moment epoch.Millis, n int) []token.ID {
	var ids []token.ID
	for e := range x.Ending(0, moment-1) {
		if len(ids) == n {
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
	p := x.now()
	expired := p.expired(now)
	return Census{Active: p.size - expired, Expired: expired, Endless: p.size - p.expired(epoch.End)}
}

// Ending yields the tokens that expire after one moment and not after another,
// the soonest first, as they are now. Changes meanwhile are not seen, and do
// not wait.
func (x *Index) Ending(after, until epoch.Millis) iter.Seq[Entry] {
	p := x.now()
	return func(yield func(Entry) bool) {
		for e := range p.walk(p.endings, p.expired(after)) {
			if e.ExpireAt() == 0 || e.ExpireAt() > until || !yield(e) {
				return
			}
		}
	}
}

// NextExpiry returns the first expiry after a moment, or zero if there is none.
func (x *Index) NextExpiry(after epoch.Millis) epoch.Millis {
	for e := range x.Ending(after, epoch.End) {
		return e.ExpireAt()
	}
	return 0
}

// expired returns how many tokens are expired at now. It is the position of the next in the order
// by expiry.
func (p *picture) expired(now epoch.Millis) int {
	return p.endings.Count(func(cell uint32) int {
		if p.meta(cell).ending() < uint64(max(now, 0)) {
			return 1
		}
		return -1
	})
}
