package cells

import (
	"iter"
	"slices"
	"sort"
)

const (
	maxItems = 256 // of a leaf: fewer would be more objects for the collector, and more memory
	maxKids  = 64
	// A node that is filled at once is filled so far, in eighths: the rest is room to grow.
	freshFill = 7
)

// A Tree keeps cells in an order, and knows the n-th of them in logarithmic time: a B+ tree that
// counts. The zero Tree is empty. Trees never change, see the package; those that Insert and Remove
// return share most of their nodes with the one before.
//
// The order is not known to the tree. It comes as a place: a function that compares what is looked
// for with a cell, as cmp.Compare does. No two cells of a tree may be equal.
type Tree struct{ root *node }

// A Place compares what is looked for with a cell: negative if it comes before the cell, zero if it
// is the cell.
type Place = func(cell uint32) int

// A node is either a leaf, which has cells, or has kids, with the first cell below each.
type node struct {
	generation uint64 // that may change it
	size       int    // cells below
	items      []uint32
	kids       []*node
}

// Grow returns a Tree of cells that are in order.
func Grow(sorted []uint32) Tree {
	var level []*node
	for chunk := range slices.Chunk(sorted, maxItems*freshFill/8) {
		level = append(level, &node{size: len(chunk), items: slices.Clone(chunk)})
	}
	for len(level) > 1 {
		var above []*node
		for kids := range slices.Chunk(level, maxKids*freshFill/8) {
			above = append(above, parent(slices.Clone(kids), 0))
		}
		level = above
	}
	if len(level) == 0 {
		return Tree{}
	}
	return Tree{level[0]}
}

func parent(kids []*node, generation uint64) *node {
	n := &node{generation: generation, items: make([]uint32, len(kids)), kids: kids}
	for i, k := range kids {
		n.items[i] = k.items[0]
		n.size += k.size
	}
	return n
}

// Len returns how many cells there are.
func (t Tree) Len() int {
	if t.root == nil {
		return 0
	}
	return t.root.size
}

// Count returns how many cells come before a place.
func (t Tree) Count(to Place) int {
	n, before := t.root, 0
	if n == nil {
		return 0
	}
	for n.kids != nil {
		k := n.kid(to)
		for _, kid := range n.kids[:k] {
			before += kid.size
		}
		n = n.kids[k]
	}
	return before + n.search(to)
}

// Near returns a cell that stands beside a place, or at it, if there is any.
func (t Tree) Near(to Place) (cell uint32, ok bool) {
	n := t.root
	if n == nil {
		return 0, false
	}
	for n.kids != nil {
		n = n.kids[n.kid(to)]
	}
	return n.items[min(n.search(to), len(n.items)-1)], true
}

// search returns how many cells of a leaf come before a place.
func (n *node) search(to Place) int {
	return sort.Search(len(n.items), func(i int) bool { return to(n.items[i]) <= 0 })
}

// kid returns which kid a place is below: the last that does not begin behind it.
func (n *node) kid(to Place) int {
	return max(0, sort.Search(len(n.items), func(i int) bool { return to(n.items[i]) < 0 })-1)
}

// At returns the cell at a position. It panics if there is none.
func (t Tree) At(position int) uint32 {
	for piece := range t.From(position) {
		return piece[0]
	}
	panic("cells: no cell at this position")
}

// From yields the cells from a position on, piece by piece.
func (t Tree) From(position int) iter.Seq[[]uint32] {
	return func(yield func([]uint32) bool) {
		if t.root != nil {
			t.root.from(max(position, 0), yield)
		}
	}
}

func (n *node) from(at int, yield func([]uint32) bool) bool {
	if n.kids == nil {
		return at >= len(n.items) || yield(n.items[at:])
	}
	for _, kid := range n.kids {
		if at >= kid.size {
			at -= kid.size
			continue
		}
		if !kid.from(at, yield) {
			return false
		}
		at = 0
	}
	return true
}

// Back yields the cells before a position, piece by piece: the last piece first, each of which is
// to be read from its end.
func (t Tree) Back(position int) iter.Seq[[]uint32] {
	return func(yield func([]uint32) bool) {
		if t.root != nil {
			t.root.back(position, yield)
		}
	}
}

func (n *node) back(end int, yield func([]uint32) bool) bool {
	if n.kids == nil {
		return end <= 0 || yield(n.items[:min(end, len(n.items))])
	}
	begin := n.size
	for _, kid := range slices.Backward(n.kids) {
		begin -= kid.size
		if end > begin && !kid.back(end-begin, yield) {
			return false
		}
	}
	return true
}
