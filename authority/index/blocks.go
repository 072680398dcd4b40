package index

import "slices"

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
		o.heads = append(o.heads, o.place(chunk[0]))
	}
}

// fillNamed builds an order by name from entries that are in order.
func (o *order) fillNamed(sorted []named) {
	for chunk := range slices.Chunk(sorted, freshBlock) {
		o.blocks = append(o.blocks, namedBlock(chunk, o.generation))
		o.sizes = append(o.sizes, int32(len(chunk)))
		o.heads = append(o.heads, o.place(chunk[0].entry))
	}
}

// own makes the lists of blocks the order's own, if a snapshot shares them.
func (o *order) own() {
	if o.shared {
		o.blocks, o.sizes, o.heads, o.shared = slices.Clone(o.blocks), slices.Clone(o.sizes), slices.Clone(o.heads), false
	}
}

// ownBlock makes a block the order's own, if a snapshot shares it.
func (o *order) ownBlock(b int) *block {
	if o.blocks[b].generation != o.generation {
		o.blocks[b] = o.blocks[b].clone(o.generation)
	}
	return o.blocks[b]
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
	n := len(parts)
	blocks, sizes, heads := make([]*block, n), make([]int32, n), make([]place, n)
	for i, part := range parts {
		blocks[i], sizes[i], heads[i] = newBlock(slices.Clone(part), o.named, o.generation), int32(len(part)), o.place(part[0])
	}
	o.blocks = slices.Replace(o.blocks, first, end, blocks...)
	o.sizes = slices.Replace(o.sizes, first, end, sizes...)
	o.heads = slices.Replace(o.heads, first, end, heads...)
}
