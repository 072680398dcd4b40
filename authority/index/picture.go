package index

import (
	"bytes"
	"cmp"
	"iter"

	"tokenscale/authority/index/cells"
	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/token"
)

// A picture is everything at one moment. It never changes once it is published, apart from last
// uses.
//
// A token has the same cell as long as it is there. That of one that is gone is given to another.
type picture struct {
	leaves leaves
	size   int // tokens
	table  cells.Table

	// the orders
	names, endings, births, numbers cells.Tree

	filters       []Filter // by their numbers; the first stands for none
	filterNumbers map[ipfilter.ID]uint32
	digestKeys    []token.KeyID // by their numbers
	history       policy.History
	root          *Root
}

// leaves are groups of leaves, so that a batch copies little of them.
type leaves []*group

const groupSize = 128

type group struct {
	generation uint64
	leaves     [groupSize]*leaf // nil if it has no token
}

func (v leaves) at(n uint32) *leaf { return v[n/groupSize].leaves[n%groupSize] }

// all yields the leaves that have tokens, with their numbers.
func (v leaves) all() iter.Seq2[uint32, *leaf] {
	return func(yield func(uint32, *leaf) bool) {
		for g, group := range v {
			for i, l := range group.leaves {
				if l != nil && !yield(uint32(g*groupSize+i), l) {
					return
				}
			}
		}
	}
}

// cellAt returns the n-th cell that is given to a token.
func cellAt(n int) uint32 { return uint32(n/leafSize<<leafBits | n%leafSize) }

func placeOf(cell uint32) uint32 { return cell % (1 << leafBits) }

func (p *picture) at(cell uint32) (*leaf, uint32) {
	return p.leaves.at(cell >> leafBits), placeOf(cell)
}

func (p *picture) meta(cell uint32) *meta {
	l, i := p.at(cell)
	return &l.meta[i]
}

func (p *picture) key(cell uint32) *key {
	l, i := p.at(cell)
	return &l.keys[i]
}

func (p *picture) entry(cell uint32) Entry {
	l, _ := p.at(cell)
	return Entry{p, l, cell}
}

// A mark is a place in the orders by what a token has, whether or not there is such a token.
type mark struct {
	name    string // folded
	id      [idSize]byte
	ending  uint64
	created epoch.Millis
	number  token.Number
	inGrace bool
}

// markOf returns the mark of a cell's token.
func (p *picture) markOf(cell uint32) *mark {
	l, i := p.at(cell)
	m := &l.meta[i]
	return &mark{text(l.folded(i)), l.keys[i].id, m.ending(), m.createdAt(), token.Number(m.number >> 16), m.replacedBy != 0}
}

func (k *mark) compareName(l *leaf, i uint32) int {
	if c := cmp.Compare(k.name, text(l.folded(i))); c != 0 {
		return c
	}
	return bytes.Compare(k.id[:], l.keys[i].id[:])
}

// byName is by folded name, then id.
func (p *picture) byName(k *mark) cells.Place {
	return func(cell uint32) int { return k.compareName(p.at(cell)) }
}

// byEnding is by expiry, the endless last, then as byName.
func (p *picture) byEnding(k *mark) cells.Place {
	return func(cell uint32) int {
		l, i := p.at(cell)
		if c := cmp.Compare(k.ending, l.meta[i].ending()); c != 0 {
			return c
		}
		return k.compareName(l, i)
	}
}

// byBirth is by creation, then id.
func (p *picture) byBirth(k *mark) cells.Place {
	return func(cell uint32) int {
		l, i := p.at(cell)
		if c := cmp.Compare(k.created, l.meta[i].createdAt()); c != 0 {
			return c
		}
		return bytes.Compare(k.id[:], l.keys[i].id[:])
	}
}

// byNumber is by number, and of one number the current string first. Within a batch two may have
// the same row; then the id decides.
func (p *picture) byNumber(k *mark) cells.Place {
	row := rowOrder(k.number, k.inGrace)
	return func(cell uint32) int {
		l, i := p.at(cell)
		if c := cmp.Compare(row, rowOrder(token.Number(l.meta[i].number>>16), l.meta[i].replacedBy != 0)); c != 0 {
			return c
		}
		return bytes.Compare(k.id[:], l.keys[i].id[:])
	}
}

// rowOrder orders rows by their keys.
func rowOrder(n token.Number, inGrace bool) uint64 {
	if inGrace {
		return uint64(n)<<1 | 1
	}
	return uint64(n) << 1
}

// walk yields the tokens of an order from a position on.
func (p *picture) walk(order cells.Tree, from int) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for piece := range order.From(from) {
			for _, cell := range piece {
				if !yield(p.entry(cell)) {
					return
				}
			}
		}
	}
}
