package index

import (
	"math/bits"
	"slices"

	"tokenscale/authority/index/caseless"
	"tokenscale/authority/index/lastuse"
	"tokenscale/token"
)

// metaOf returns what of t has a fixed size.
func (b *Batch) metaOf(t *token.Token) meta {
	m := meta{
		expire: uint64(t.ExpireAt)<<16 | uint64(t.Permissions)&0xffff, created: uint64(t.CreatedAt)<<16 | uint64(t.ToldDays),
		number: uint64(t.Number)<<16 | b.digestKey(t.DigestKey), filter: b.filterNumber(t.FilterID),
	}
	if t.IssuedAt != t.CreatedAt {
		m.created |= flagReissued
	}
	return m
}

// digestKey returns the number of a digest key. There are as many as keys in the key file since the
// start, and so never more than 16 bits can tell.
func (b *Batch) digestKey(id token.KeyID) uint64 {
	n := slices.Index(b.p.digestKeys, id)
	if n < 0 {
		n = len(b.p.digestKeys)
		b.p.digestKeys = append(slices.Clip(b.p.digestKeys), id)
	}
	return uint64(n)
}

// add adds a token whose id is not there, and returns its cell.
func (b *Batch) add(t token.Token) uint32 {
	is := &mark{caseless.Fold(t.Name), padded(t.ID), endingOf(t.ExpireAt), t.CreatedAt, t.Number, t.InGrace()}
	cell := b.freeCell(is)
	l, i := b.own(cell), placeOf(cell)
	l.live |= 1 << i
	l.keys[i], l.meta[i] = key{is.id, t.Digest}, b.metaOf(&t)
	l.use[i].Put(lastuse.Version{})
	l.pack(i, &t)
	b.p.size++
	b.p.table.Add(b.x.hash(t.ID), cell, b.generation, b.hashOf)
	for _, o := range b.orderings(is, is) {
		b.insert(o, cell, is)
	}
	return cell
}

// freeCell returns a cell for a new token. If there is one beside a neighbour by name it is that: a
// search through all names goes through those that are side by side much faster.
func (b *Batch) freeCell(is *mark) uint32 {
	n := b.x.books.room.Any()
	if near, ok := b.p.names.Near(b.p.byName(is)); ok && b.x.books.room.Has(near>>leafBits) {
		n = near >> leafBits
	}
	l := b.own(n << leafBits)
	b.x.books.room.Set(n, bits.OnesCount64(l.live)+1 < leafSize)
	return n<<leafBits | uint32(bits.TrailingZeros64(^l.live))
}

// change replaces a token in its cell, and moves it in the orders in which it has another place.
// Its last use stays. A comparison in an order reads the token, so it is taken out of the order
// before it changes, and put in afterwards.
func (b *Batch) change(cell uint32, t token.Token) {
	l, i := b.p.at(cell)
	old, m, same := &l.meta[i], b.metaOf(&t), l.samePacked(i, &t)
	m.fold, m.more, m.creator, m.replacedBy, m.replaces = old.fold, old.more, old.creator, old.replacedBy, old.replaces
	if same && m == *old && l.keys[i].digest == t.Digest {
		return // as of a row that was brought up to date with the policies: here it was so before
	}
	was := b.p.markOf(cell)
	is := &mark{was.name, was.id, endingOf(t.ExpireAt), t.CreatedAt, t.Number, t.InGrace()}
	if l.name(i) != t.Name {
		is.name = caseless.Fold(t.Name)
	}
	orders := b.orderings(was, is)
	for _, o := range orders {
		if o.moved {
			b.remove(o, was)
		}
	}
	l = b.own(cell)
	l.keys[i].digest, l.meta[i] = t.Digest, m
	if !same {
		l.pack(i, &t)
	}
	for _, o := range orders {
		if o.moved {
			b.insert(o, cell, is)
		}
	}
}

// drop removes the token of a cell, which is free afterwards.
func (b *Batch) drop(cell uint32) {
	was := b.p.markOf(cell)
	b.p.table.Drop(b.hashOf(cell), cell, b.generation)
	for _, o := range b.orderings(was, was) {
		b.remove(o, was)
	}
	b.clear(cell)
	b.displaced = slices.DeleteFunc(b.displaced, func(s uint32) bool { return s == cell })
}

// clear makes a cell free that no order and no table has any more.
func (b *Batch) clear(cell uint32) {
	l, i := b.own(cell), placeOf(cell)
	l.live &^= 1 << i
	l.keys[i], l.meta[i] = key{}, meta{}
	if l.live == 0 {
		*b.ownAt(cell >> leafBits) = nil
	} else {
		l.pack(i, nil)
	}
	b.p.size--
	b.x.books.room.Set(cell>>leafBits, true)
}
