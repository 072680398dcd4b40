package index

import (
	"math/bits"
	"runtime"
	"slices"
	"sync"

	"tokenscale/authority/index/cells"
	"tokenscale/epoch"
	"tokenscale/policy"
)

// Judge brings every token under a policy as policy.Security.Judge says: those that it dooms are
// dropped, and others get an earlier expiry or another filter. It copies the leaves in which a
// token changes, and sorts the orders anew. Verification goes on meanwhile, with a core left to it.
func (b *Batch) Judge(rule policy.Security, at epoch.Millis) {
	filter := b.filterNumber(rule.FilterID) // before many ask at the same time
	var mu sync.Mutex
	changed, doomed := 0, 0
	inParallel(spared(), len(b.p.leaves), func(from, to int) {
		part := &judgment{Batch: Batch{x: b.x, p: b.p, generation: b.generation}, rule: rule, at: at, filter: filter}
		for g := from; g < to; g++ {
			part.group(uint32(g))
		}
		mu.Lock()
		defer mu.Unlock()
		changed, doomed = changed+part.changed, doomed+part.doomed
		b.copies = append(b.copies, part.copies...)
		for _, n := range part.opened {
			b.x.books.room.Set(n, true)
		}
	})
	b.p.size -= doomed
	b.displaced = slices.DeleteFunc(b.displaced, func(cell uint32) bool { return !b.p.has(cell) })
	b.sortJudged(changed, doomed)
}

// spared returns how many cores may work while others verify: all but one, since who verifies would
// wait for tens of milliseconds if all were busy with one thing.
func spared() int { return max(1, runtime.GOMAXPROCS(0)-1) }

// A judgment is what one of several at the same time does with some groups of leaves.
type judgment struct {
	Batch
	rule    policy.Security
	at      epoch.Millis
	filter  uint32
	changed int
	doomed  int
	opened  []uint32 // leaves that have room now
}

func (j *judgment) group(g uint32) {
	for i, l := range j.p.leaves[g].leaves {
		if l != nil {
			j.leaf(g*groupSize+uint32(i), l)
		}
	}
}

// leaf judges the tokens of a leaf.
func (j *judgment) leaf(n uint32, l *leaf) {
	var gone uint64
	for live := l.live; live != 0; live &= live - 1 {
		i := uint32(bits.TrailingZeros64(live))
		cell := n<<leafBits | i
		after, verdict := j.rule.Judge(Entry{j.p, l, cell}.Token(), j.at)
		switch verdict {
		case policy.Keep:
			continue
		case policy.Delete:
			gone |= 1 << i
			continue
		}
		m := &j.own(cell).meta[i]
		m.setExpiry(after.ExpireAt)
		if after.FilterID == j.rule.FilterID && after.FilterID != "" {
			m.filter = j.filter
		}
		j.changed++
	}
	j.empty(n, gone)
}

// empty takes tokens out of a leaf.
func (j *judgment) empty(n uint32, gone uint64) {
	if gone == 0 {
		return
	}
	j.doomed += bits.OnesCount64(gone)
	j.opened = append(j.opened, n)
	if gone == j.p.leaves.at(n).live {
		*j.ownAt(n) = nil
		return
	}
	l := j.own(n << leafBits)
	l.live &^= gone
	for ; gone != 0; gone &= gone - 1 {
		i := bits.TrailingZeros64(gone)
		l.keys[i], l.meta[i] = key{}, meta{}
	}
	l.pack(leafSize, nil)
}

// sortJudged brings the orders and the table up to date.
func (b *Batch) sortJudged(changed, doomed int) {
	if changed+doomed == 0 {
		return
	}
	p := b.p
	names := p.kept(p.names)
	if doomed > 0 {
		p.names, p.births, p.numbers = cells.Grow(names), cells.Grow(p.kept(p.births)), cells.Grow(p.kept(p.numbers))
		hashes := make([]cells.Hashed, len(names))
		for i, cell := range names {
			hashes[i] = cells.Hashed{Hash: b.hashOf(cell), Cell: cell}
		}
		p.table = cells.Fill(hashes)
	}
	p.sortEndings(names)
}

// kept returns those of an order that are still there.
func (p *picture) kept(order cells.Tree) []uint32 {
	list := make([]uint32, 0, p.size)
	for piece := range order.From(0) {
		for _, cell := range piece {
			if p.has(cell) {
				list = append(list, cell)
			}
		}
	}
	return list
}

func (p *picture) has(cell uint32) bool {
	l, i := p.at(cell)
	return l != nil && l.has(i)
}
