package index

import (
	"iter"
	"slices"
	"sort"

	"tokenscale/token"
)

// An order keeps entries in one order: a list of blocks of some hundred
// entries. The n-th entry is found by adding up the sizes of the blocks, which
// lie next to each other in memory; an insertion moves some entries of one
// block. A tree would do as well, but its nodes have no place for the names
// that a search walks through.
//
// A snapshot costs nothing: it shares the blocks, and a later change makes a
// copy of the block it changes. An order itself is not safe for concurrent
// use; its snapshots are, as they never change.
type order struct {
	named bool // by name, so that it can be searched; else by expiry

	blocks     []*block
	sizes      []int32 // of the blocks
	heads      []place // of their first entries
	generation uint64  // of what no snapshot shares
	shared     bool    // whether a snapshot shares the three lists
}

// snapshot returns the order as it is now.
func (o *order) snapshot() order {
	o.shared = true
	o.generation++
	return *o
}

// insert adds e, which must not be there.
func (o *order) insert(e *Entry) {
	if len(o.blocks) == 0 {
		o.fill([]*Entry{e})
		return
	}
	o.own()
	p := o.place(e)
	b := o.blockOf(p)
	block := o.ownBlock(b)
	at := block.search(p)
	block.insert(at, e)
	if at == 0 {
		o.heads[b] = p
	}
	o.sizes[b]++
	if len(block.entries) > fullBlock {
		o.split(b)
	}
}

// remove takes e out, and does nothing if it is not there.
func (o *order) remove(e *Entry) {
	b, at := o.find(e)
	if at < 0 {
		return
	}
	o.own()
	block := o.ownBlock(b)
	block.remove(at)
	if o.sizes[b]--; at == 0 && o.sizes[b] > 0 {
		o.heads[b] = o.place(block.entries[0])
	}
	o.tidy(b)
}

// exchange puts e in the place of old, which is there. Where they stand in the
// same place, as they do unless what the order goes by has changed, that is
// much less work than taking one out and putting the other in.
func (o *order) exchange(old, e *Entry) {
	if e.name != old.name || !o.named && e.expireAt != old.expireAt {
		o.remove(old)
		o.insert(e)
		return
	}
	b, at := o.find(old)
	if at < 0 {
		return
	}
	o.own()
	o.ownBlock(b).entries[at] = e
	if at == 0 {
		o.heads[b].entry = e
	}
}

// find returns the block of e and its number in it, or -1. It looks for the
// pointer itself, and so at none of the other entries.
func (o *order) find(e *Entry) (b, at int) {
	if len(o.blocks) == 0 {
		return 0, -1
	}
	b = o.blockOf(o.place(e))
	return b, slices.Index(o.blocks[b].entries, e)
}

// blockOf returns the block that a place is in: the last one that does not
// begin behind it.
func (o *order) blockOf(p place) int {
	after := sort.Search(len(o.heads), func(i int) bool { return !o.heads[i].notBehind(p) })
	return max(after-1, 0)
}

// from yields the entries from the position at on.
func (o *order) from(at int) iter.Seq[*Entry] {
	return func(yield func(*Entry) bool) {
		for b, size := range o.sizes {
			if at >= int(size) {
				at -= int(size)
				continue
			}
			for _, e := range o.blocks[b].entries[at:] {
				if !yield(e) {
					return
				}
			}
			at = 0
		}
	}
}

// rank returns how many entries come before the place of e, which need not be there, and how
// many stand in it: none or one.
func (o *order) rank(e *Entry) (before, there int) {
	if len(o.blocks) == 0 {
		return 0, 0
	}
	p := o.place(e)
	b := o.blockOf(p)
	for _, size := range o.sizes[:b] {
		before += int(size)
	}
	entries, at := o.blocks[b].entries, o.blocks[b].search(p)
	if at < len(entries) && o.place(entries[at]).notBehind(p) {
		there = 1
	}
	return before + at, there
}

// window returns the page that q asks for, of the entries from one position to before another.
func (o *order) window(from, to int, q token.Query) []*Entry {
	skip := min(q.Skip, to-from)
	n := min(q.Limit, to-from-skip)
	page := make([]*Entry, 0, n)
	first := from + skip
	if q.Descending {
		first = to - skip - n
	}
	for e := range o.from(first) {
		if len(page) == n {
			break
		}
		page = append(page, e)
	}
	if q.Descending {
		slices.Reverse(page)
	}
	return page
}
