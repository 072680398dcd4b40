package index

import (
	"slices"

	"tokenscale/authority/index/cells"
	"tokenscale/authority/index/lastuse"
	"tokenscale/policy"
	"tokenscale/token"
)

// A Batch changes an Index inside Update. It copies what it changes.
type Batch struct {
	x          *Index
	p          *picture // the next one
	generation uint64
	copies     []*leafCopy
	displaced  []uint32 // tokens whose rows were written over, and that have no other by now
}

// Update runs fn and publishes what it changed: readers see all of it or nothing. Nobody waits for
// it but other writers. fn must not panic.
func (x *Index) Update(fn func(*Batch)) {
	x.write.Lock()
	defer x.write.Unlock()
	b := x.begin()
	fn(b)
	for len(b.displaced) > 0 {
		b.drop(b.displaced[0])
	}
	b.publish()
}

// begin begins a batch; the caller holds the writer's lock.
func (x *Index) begin() *Batch {
	x.books.generation++
	p := *x.now()
	p.leaves = slices.Clone(p.leaves)
	return &Batch{x: x, p: &p, generation: x.books.generation}
}

func (b *Batch) publish() {
	b.x.picture.Store(b.p)
	for _, c := range b.copies {
		c.handOver()
	}
}

// A leafCopy is a copied leaf, with the last uses as they were copied.
type leafCopy struct {
	from, to *leaf
	uses     [leafSize]lastuse.Version
}

func (l *leaf) copy(generation uint64) *leafCopy {
	c := &leafCopy{from: l}
	c.to = &leaf{text: l.text, more: l.more, ids: l.ids, notes: l.notes, generation: generation, live: l.live, keys: l.keys, meta: l.meta}
	for i := range l.use {
		c.uses[i] = l.use[i].Get()
		c.to.use[i].Put(c.uses[i])
	}
	return c
}

// handOver sends those who come from now on to the copy.
func (c *leafCopy) handOver() {
	for i := range uint32(leafSize) {
		if c.from.has(i) && c.from.keys[i].id == c.to.keys[i].id {
			c.from.use[i].HandOver(&c.to.use[i], c.uses[i])
		}
	}
}

// own returns the leaf of a cell as this batch's own.
func (b *Batch) own(cell uint32) *leaf {
	at := b.ownAt(cell >> leafBits)
	switch l := *at; {
	case l == nil:
		*at = &leaf{generation: b.generation}
	case l.generation != b.generation:
		c := l.copy(b.generation)
		b.copies, *at = append(b.copies, c), c.to
	}
	return *at
}

// ownAt returns where the leaf with a number stands, in a group that is this batch's own.
func (b *Batch) ownAt(n uint32) **leaf {
	for int(n/groupSize) >= len(b.p.leaves) {
		b.p.leaves = append(b.p.leaves, &group{generation: b.generation})
	}
	g := &b.p.leaves[n/groupSize]
	if (*g).generation != b.generation {
		*g = &group{b.generation, (*g).leaves}
	}
	return &(*g).leaves[n%groupSize]
}

func (b *Batch) hashOf(cell uint32) uint64 { return b.x.hash(idIn(&b.p.key(cell).id)) }

func (b *Batch) find(id token.ID) (uint32, bool) { return b.p.find(b.x.hash(id), id) }

// Put adds or replaces a token. What it replaces may have been distrusted; it is not. A token has a
// row of its own, and so another one goes that has its number and is in a grace period if, and only
// if, it is: that one's row was written over. A change of several rows may name them in any order.
//
// A hidden token is dropped: to whom the index serves it does not exist.
func (b *Batch) Put(t token.Token) {
	cell, known := b.find(t.ID)
	switch {
	case t.Hidden():
		b.DropRow(t.Number, t.InGrace())
		b.Drop(t.ID)
		return
	case known:
		b.change(cell, t)
	default:
		cell = b.add(t)
	}
	if t.Number != 0 {
		b.displace(cell, t)
	}
}

// displace notes the other tokens that have the row of t.
func (b *Batch) displace(cell uint32, t token.Token) {
	b.displaced = slices.DeleteFunc(b.displaced, func(s uint32) bool { return s == cell })
	for _, other := range b.p.inRow(t.Number, t.InGrace()) {
		if other != cell && !slices.Contains(b.displaced, other) {
			b.displaced = append(b.displaced, other)
		}
	}
}

// inRow returns the tokens that have the row of a number: one, except within a batch.
func (p *picture) inRow(n token.Number, inGrace bool) (list []uint32) {
	for e := range p.walk(p.numbers, p.numbers.Count(p.byNumber(&mark{number: n, inGrace: inGrace}))) {
		m := e.meta()
		if token.Number(m.number>>16) != n || (m.replacedBy != 0) != inGrace {
			break
		}
		list = append(list, e.cell)
	}
	return list
}

// DropRow removes the token with a number that is in its grace period, or that is not, if there is
// one.
func (b *Batch) DropRow(n token.Number, inGrace bool) {
	for _, cell := range b.p.inRow(n, inGrace) {
		b.drop(cell)
	}
}

// DistrustRow has the token that DropRow would remove refused until it is put anew.
func (b *Batch) DistrustRow(n token.Number, inGrace bool) {
	for _, cell := range b.p.inRow(n, inGrace) {
		b.own(cell).meta[placeOf(cell)].created |= flagDistrusted
	}
}

// Drop removes a token, if it is there.
func (b *Batch) Drop(id token.ID) {
	if cell, ok := b.find(id); ok {
		b.drop(cell)
	}
}

// SetHistory replaces the policies, and brings all tokens under those of their tightenings that the
// Index did not know.
func (b *Batch) SetHistory(h policy.History) {
	known := b.p.history.Newest
	b.p.history = h
	for i, p := range h.Past {
		if h.Newest-uint64(len(h.Past)-1-i) > known {
			b.Judge(p.Rule, p.At)
		}
	}
}

// DistrustPolicies allows nothing until the policies are set anew.
func (b *Batch) DistrustPolicies() { b.p.history.Policies = policy.Policies{} }

// SetRoot replaces what the root token is known by; nil is nothing.
func (b *Batch) SetRoot(r *Root) { b.p.root = r }

// An ordering is one of the orders, with what a token has to have changed to be moved in it.
type ordering struct {
	tree  *cells.Tree
	place func(*picture, *mark) cells.Place
	moved bool
}

// orderings returns the orders, with those moved in which the marks differ.
func (b *Batch) orderings(was, is *mark) [4]ordering {
	p := b.p
	name, ending := was.name != is.name, was.ending != is.ending
	return [4]ordering{
		{&p.names, (*picture).byName, name}, {&p.endings, (*picture).byEnding, name || ending},
		{&p.births, (*picture).byBirth, was.created != is.created}, {&p.numbers, (*picture).byNumber, was.number != is.number || was.inGrace != is.inGrace},
	}
}

// insert puts a token into an order.
func (b *Batch) insert(o ordering, cell uint32, at *mark) {
	*o.tree = o.tree.Insert(cell, o.place(b.p, at), b.generation)
}

// remove takes a token out of an order.
func (b *Batch) remove(o ordering, at *mark) {
	*o.tree = o.tree.Remove(o.place(b.p, at), b.generation)
}
