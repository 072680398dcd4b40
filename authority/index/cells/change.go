package cells

import "slices"

// Insert returns the Tree with one cell more, whose place is to. What was made in the given
// generation is changed in place.
func (t Tree) Insert(cell uint32, to Place, generation uint64) Tree {
	if t.root == nil {
		return Tree{&node{generation: generation, size: 1, items: []uint32{cell}}}
	}
	left, right := t.root.insert(cell, to, generation)
	if right == nil {
		return Tree{left}
	}
	return Tree{parent([]*node{left, right}, generation)}
}

// own returns n, or a copy of it, that the generation may change.
func (n *node) own(generation uint64) *node {
	if n.generation == generation {
		return n
	}
	c := &node{generation: generation, size: n.size}
	c.items = append(make([]uint32, 0, len(n.items)+1), n.items...)
	if n.kids != nil {
		c.kids = append(make([]*node, 0, len(n.kids)+1), n.kids...)
	}
	return c
}

func (n *node) insert(cell uint32, to Place, generation uint64) (left, right *node) {
	n = n.own(generation)
	n.size++
	if n.kids == nil {
		at := n.search(to)
		n.items = slices.Insert(n.items, at, cell)
		return n.split(maxItems, at == len(n.items)-1)
	}
	k := n.kid(to)
	l, r := n.kids[k].insert(cell, to, generation)
	n.kids[k], n.items[k] = l, l.items[0]
	if r != nil {
		n.kids, n.items = slices.Insert(n.kids, k+1, r), slices.Insert(n.items, k+1, r.items[0])
	}
	return n.split(maxKids, k == len(n.kids)-2)
}

// split halves a node that is too full. Where cells come in order, as numbers do, it leaves the
// left half full.
func (n *node) split(most int, atEnd bool) (left, right *node) {
	if len(n.items) <= most {
		return n, nil
	}
	half := len(n.items) / 2
	if atEnd {
		half = len(n.items) - 1
	}
	if n.kids != nil {
		right = parent(slices.Clone(n.kids[half:]), n.generation)
		n.kids = slices.Clone(n.kids[:half])
	} else {
		items := slices.Clone(n.items[half:])
		right = &node{generation: n.generation, size: len(items), items: items}
	}
	n.items = slices.Clone(n.items[:half])
	n.size -= right.size
	return n, right
}

// Remove returns the Tree without the cell at a place, which must be there. What was made in the
// given generation is changed in place.
func (t Tree) Remove(to Place, generation uint64) Tree {
	root := t.root.remove(to, generation)
	for len(root.kids) == 1 {
		root = root.kids[0]
	}
	if root.size == 0 {
		return Tree{}
	}
	return Tree{root}
}

func (n *node) remove(to Place, generation uint64) *node {
	n = n.own(generation)
	n.size--
	if n.kids == nil {
		at := n.search(to)
		n.items = slices.Delete(n.items, at, at+1)
		return n
	}
	k := n.kid(to)
	kid := n.kids[k].remove(to, generation)
	if kid.size == 0 {
		n.drop(k)
		return n
	}
	n.kids[k], n.items[k] = kid, kid.items[0]
	n.merge(k, generation)
	return n
}

// merge joins a kid that has become small with the one behind it, if that is small too.
func (n *node) merge(k int, generation uint64) {
	if k+1 == len(n.kids) {
		return
	}
	kid, next := n.kids[k], n.kids[k+1]
	most := maxItems
	if kid.kids != nil {
		most = maxKids
	}
	if len(kid.items) < most/3 && len(kid.items)+len(next.items) < most*3/4 {
		n.kids[k] = &node{
			generation: generation, size: kid.size + next.size,
			items: slices.Concat(kid.items, next.items), kids: slices.Concat(kid.kids, next.kids),
		}
		n.drop(k + 1)
	}
}

func (n *node) drop(k int) {
	n.kids, n.items = slices.Delete(n.kids, k, k+1), slices.Delete(n.items, k, k+1)
}
