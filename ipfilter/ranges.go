package ipfilter

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"
)

// Ranges are the addresses of one family, cut where another rule begins to
// decide. An address is found in them by halving, so ten thousand rules cost
// hardly more than ten.
type ranges[A any] struct {
	from []A     // where each range begins, in order; it ends before the next
	rule []int32 // the rule that decides there; noRule where none matches
}

// noRule decides where no rule matches. It is larger than the number of any
// rule, so that every rule comes before it.
const noRule = MaxRules

// A wide is an address of either family as a number of 128 bits.
type wide struct{ hi, lo uint64 }

func (a wide) compare(b wide) int { return cmp.Or(cmp.Compare(a.hi, b.hi), cmp.Compare(a.lo, b.lo)) }

// next returns the address after a; after the last one, the first.
func (a wide) next() wide {
	if a.lo++; a.lo == 0 {
		a.hi++
	}
	return a
}

// A block is what a rule matches in one family.
type block struct {
	first, last wide
	rule        int32
}

// blocksOf returns what the rules match in the family whose addresses have so
// many bits, and at the end the whole family, where no rule decides.
func blocksOf(where []place, bits int) []block {
	blocks := make([]block, 0, len(where)+1)
	for i, at := range where {
		switch {
		case at.all:
			blocks = append(blocks, block{last: lastOf(wide{}, bits), rule: int32(i)})
		case at.prefix.Addr().BitLen() == bits:
			first := wideOf(at.prefix.Addr())
			blocks = append(blocks, block{first, lastOf(first, bits-at.prefix.Bits()), int32(i)})
		}
	}
	return append(blocks, block{last: lastOf(wide{}, bits), rule: noRule})
}

// cut returns the ranges that blocks make. Two blocks either hold one another
// or have nothing in common. So in the order of their beginnings, the larger
// first, those that hold the address reached are a stack.
func cut(blocks []block) ranges[wide] {
	slices.SortStableFunc(blocks, func(a, b block) int {
		return cmp.Or(a.first.compare(b.first), b.last.compare(a.last))
	})
	var c cutter
	for _, b := range blocks {
		for len(c.open) > 0 && c.open[len(c.open)-1].last.compare(b.first) < 0 {
			c.leave()
		}
		c.enter(b)
	}
	for len(c.open) > 0 {
		c.leave()
	}
	return c.ranges
}

// A cutter walks through a family and notes where another rule begins to decide.
type cutter struct {
	ranges[wide]
	open []block // those that hold the address reached; each names the first rule of all below it
}

func (c *cutter) enter(b block) {
	if n := len(c.open); n > 0 {
		b.rule = min(b.rule, c.open[n-1].rule)
	}
	c.open = append(c.open, b)
	c.begin(b.first, b.rule)
}

func (c *cutter) leave() {
	n := len(c.open) - 1
	inner := c.open[n]
	c.open = c.open[:n]
	if n > 0 && inner.last != c.open[n-1].last {
		c.begin(inner.last.next(), c.open[n-1].rule)
	}
}

// begin has a rule decide from an address on, which does not lie before the
// last one noted.
func (c *cutter) begin(from wide, rule int32) {
	n := len(c.from)
	if n > 0 && c.from[n-1] == from { // nothing lies between
		n--
	}
	c.from, c.rule = c.from[:n], c.rule[:n]
	if n == 0 || c.rule[n-1] != rule {
		c.from, c.rule = append(c.from, from), append(c.rule, rule)
	}
}

// narrowed returns ranges of IPv4, whose addresses need no more than 32 bits.
func narrowed(r ranges[wide]) ranges[uint32] {
	from := make([]uint32, len(r.from))
	for i, a := range r.from {
		from[i] = uint32(a.lo)
	}
	return ranges[uint32]{from, slices.Clip(r.rule)}
}

// at returns the rule that decides about addr, which is normal.
func (r *Rules) at(addr netip.Addr) int32 {
	if addr.Is4() {
		b := addr.As4()
		i, found := slices.BinarySearch(r.v4.from, binary.BigEndian.Uint32(b[:]))
		return r.v4.decider(i, found)
	}
	i, found := slices.BinarySearchFunc(r.v6.from, wideOf(addr), wide.compare)
	return r.v6.decider(i, found)
}

// decider returns the rule of the range that begins at place i, or of the one
// before it if none begins just there.
func (r ranges[A]) decider(i int, begins bool) int32 {
	if !begins {
		i--
	}
	if i < 0 {
		return noRule
	}
	return r.rule[i]
}

// wideOf returns an address as a number.
func wideOf(addr netip.Addr) wide {
	if addr.Is4() {
		b := addr.As4()
		return wide{lo: uint64(binary.BigEndian.Uint32(b[:]))}
	}
	b := addr.As16()
	return wide{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

// lastOf returns the last address of the block that begins at first and leaves
// so many bits free.
func lastOf(first wide, free int) wide {
	if free > 64 {
		return wide{first.hi | (1<<(free-64) - 1), ^uint64(0)}
	}
	return wide{first.hi, first.lo | (1<<free - 1)}
}
