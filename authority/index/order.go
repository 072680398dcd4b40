package index

import (
	"iter"
	"slices"
	"sort"
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
	compare func(a, b *Entry) int
	named   bool // its blocks keep folded names, so that it can be searched

	blocks     []*block
	sizes      []int32 // of the blocks
	generation uint64  // of what no snapshot shares
	shared     bool    // whether a snapshot shares the two lists
}

const (
	fullBlock  = 512 // entries; one more and the block is split
	freshBlock = 384 // entries of a block that is filled at start, with room to grow
	emptyBlock = 96  // entries; with fewer, a block is merged with the next if that is small too
)

// fill builds the order from entries that are in order.
func (o *order) fill(sorted []*Entry) {
	for chunk := range slices.Chunk(sorted, freshBlock) {
		o.blocks = append(o.blocks, newBlock(slices.Clone(chunk), o.named, o.generation))
		o.sizes = append(o.sizes, int32(len(chunk)))
	}
}

// len returns how many entries there are.
func (o *order) len() int {
	n := 0
	for _, size := range o.sizes {
		n += int(size)
	}
	return n
}

// snapshot returns the order as it is now.
func (o *order) snapshot() order {
	o.shared = true
	o.generation++
	return *o
}

// insert adds e, which must not be there.
func (o *order) insert(e *Entry) {
	o.own()
	if len(o.blocks) == 0 {
		o.blocks, o.sizes = append(o.blocks, newBlock([]*Entry{e}, o.named, o.generation)), append(o.sizes, 1)
		return
	}
	b := o.blockOf(e)
	block := o.ownBlock(b)
	at, _ := slices.BinarySearchFunc(block.entries, e, o.compare)
	block.insert(at, e)
	o.sizes[b]++
	if len(block.entries) > fullBlock {
		o.split(b)
	}
}

// remove takes e out, and does nothing if it is not there.
func (o *order) remove(e *Entry) {
	if len(o.blocks) == 0 {
		return
	}
	b := o.blockOf(e)
	at, found := slices.BinarySearchFunc(o.blocks[b].entries, e, o.compare)
	if !found {
		return
	}
	o.own()
	o.ownBlock(b).remove(at)
	o.sizes[b]--
	o.tidy(b)
}

// exchange puts e in the place of old, which is there. Where they stand in the
// same place, as they do unless what the order goes by has changed, that is
// much less work than taking one out and putting the other in.
func (o *order) exchange(old, e *Entry) {
	if o.compare(old, e) != 0 {
		o.remove(old)
		o.insert(e)
		return
	}
	b := o.blockOf(old)
	if at, found := slices.BinarySearchFunc(o.blocks[b].entries, old, o.compare); found {
		o.own()
		o.ownBlock(b).entries[at] = e
	}
}

// own makes the lists of blocks the order's own, if a snapshot shares them.
func (o *order) own() {
	if o.shared {
		o.blocks, o.sizes, o.shared = slices.Clone(o.blocks), slices.Clone(o.sizes), false
	}
}

// ownBlock makes a block the order's own, if a snapshot shares it.
func (o *order) ownBlock(b int) *block {
	if o.blocks[b].generation != o.generation {
		o.blocks[b] = o.blocks[b].clone(o.generation)
	}
	return o.blocks[b]
}

// blockOf returns the block that e belongs in: the last one that does not
// begin behind it.
func (o *order) blockOf(e *Entry) int {
	after := sort.Search(len(o.blocks), func(i int) bool { return o.compare(o.blocks[i].entries[0], e) > 0 })
	return max(after-1, 0)
}

func (o *order) split(b int) {
	entries := o.blocks[b].entries
	half := len(entries) / 2
	o.replace(b, b+1, entries[:half], entries[half:])
}

// tidy drops a block that is empty, and merges one that is nearly so.
func (o *order) tidy(b int) {
	switch size := o.sizes[b]; {
	case size == 0:
		o.replace(b, b+1)
	case size < emptyBlock && b+1 < len(o.blocks) && size+o.sizes[b+1] < freshBlock:
		o.replace(b, b+2, slices.Concat(o.blocks[b].entries, o.blocks[b+1].entries))
	}
}

// replace puts blocks of the given entries in the place of the blocks from
// first to before end.
func (o *order) replace(first, end int, parts ...[]*Entry) {
	blocks, sizes := make([]*block, len(parts)), make([]int32, len(parts))
	for i, part := range parts {
		blocks[i], sizes[i] = newBlock(slices.Clone(part), o.named, o.generation), int32(len(part))
	}
	o.blocks = slices.Replace(o.blocks, first, end, blocks...)
	o.sizes = slices.Replace(o.sizes, first, end, sizes...)
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

// window returns the entries from skip on, limit at most.
func (o *order) window(skip, limit int, descending bool) []*Entry {
	total := o.len()
	skip = min(skip, total)
	n := min(limit, total-skip)
	page := make([]*Entry, 0, n)
	first := skip
	if descending {
		first = total - skip - n
	}
	for e := range o.from(first) {
		if len(page) == n {
			break
		}
		page = append(page, e)
	}
	if descending {
		slices.Reverse(page)
	}
	return page
}
