package index

import (
	"bytes"
	"math/bits"
	"runtime"
	"slices"
	"sync"

	"tokenscale/authority/index/cells"
	"tokenscale/token"
)

// A Loader collects the tokens for Load. It is safe for concurrent use.
//
// It packs them into leaves as they come. Load fills others from these in the order of names, so
// that a search through all names finds what is alike side by side.
type Loader struct {
	mu     sync.Mutex
	batch  *Batch
	leaves []*leaf
}

// Loader returns a Loader for x, which must be empty, and must not change before it is loaded.
func (x *Index) Loader() *Loader {
	x.write.Lock()
	defer x.write.Unlock()
	return &Loader{batch: x.begin()}
}

// Add collects tokens, which are the caller's again when it returns. Hidden ones are left out.
func (l *Loader) Add(tokens []token.Token) {
	seen := slices.DeleteFunc(slices.Clone(tokens), token.Token.Hidden)
	metas := l.metas(seen)
	var leaves []*leaf
	for part := range slices.Chunk(seen, leafSize) {
		leaves = append(leaves, newLeaf(part, metas))
		metas = metas[len(part):]
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leaves = append(l.leaves, leaves...)
}

// metas gives new filters and digest keys their numbers.
func (l *Loader) metas(tokens []token.Token) []meta {
	l.mu.Lock()
	defer l.mu.Unlock()
	metas := make([]meta, len(tokens))
	for i := range tokens {
		metas[i] = l.batch.metaOf(&tokens[i])
	}
	return metas
}

func newLeaf(tokens []token.Token, metas []meta) *leaf {
	l, p := new(leaf), packer{text: make([]byte, 0, leafSize*32)}
	for i := range tokens {
		t := &tokens[i]
		l.keys[i], l.meta[i] = key{padded(t.ID), t.Digest}, metas[i]
		l.live |= 1 << i
		p.write(&l.meta[i], t)
		p.notes.Write(uint32(i), t.Note)
	}
	p.give(l)
	return l
}

// Load fills an empty Index with what was collected. It is much faster than Put for each token: a
// start with a million tokens spends most of its time here.
func (x *Index) Load(l *Loader) {
	x.write.Lock()
	defer x.write.Unlock()
	b, p := l.batch, l.batch.p
	hashes := b.fill(l.sorted())
	p.size, l.leaves = len(hashes), nil
	var work sync.WaitGroup
	work.Go(func() { p.table = cells.Fill(hashes) })
	work.Go(func() { p.sortNumbers() })
	p.sortNames()
	work.Wait()
	b.publish()
}

// A source is a token in a leaf of a Loader.
type source struct {
	leaf  *leaf
	place uint32
}

// sorted returns the tokens by name. They have cells of their own in the Loader.
func (l *Loader) sorted() []source {
	var list []uint32
	for n, leaf := range l.leaves {
		for i := range bits.OnesCount64(leaf.live) {
			list = append(list, uint32(n<<leafBits|i))
		}
	}
	at := func(cell uint32) source { return source{l.leaves[cell>>leafBits], placeOf(cell)} }
	list = cells.SortByText(list, func(cell uint32) []byte {
		s := at(cell)
		return s.leaf.folded(s.place)
	}, func(a, b uint32) int {
		s, t := at(a), at(b)
		return bytes.Compare(s.leaf.keys[s.place].id[:], t.leaf.keys[t.place].id[:])
	})
	from := make([]source, len(list))
	for i, cell := range list {
		from[i] = at(cell)
	}
	return from
}

// fill makes leaves of tokens that are in order, and returns the hashes of their cells.
func (b *Batch) fill(from []source) []cells.Hashed {
	n := (len(from) + leafSize - 1) / leafSize
	for range (n + groupSize - 1) / groupSize {
		b.p.leaves = append(b.p.leaves, &group{generation: b.generation})
	}
	for i := range n {
		b.x.books.room.Set(uint32(i), (i+1)*leafSize > len(from))
	}
	hashes := make([]cells.Hashed, len(from))
	inParallel(runtime.GOMAXPROCS(0), n, func(first, end int) {
		for i := first; i < end; i++ {
			part := from[i*leafSize : min((i+1)*leafSize, len(from))]
			*b.ownAt(uint32(i)) = gathered(part)
			for j := range part {
				cell := cellAt(i*leafSize + j)
				hashes[i*leafSize+j] = cells.Hashed{Hash: b.hashOf(cell), Cell: cell}
			}
		}
	})
	return hashes
}

// gathered returns a leaf of the tokens of others.
func gathered(from []source) *leaf {
	l, p := new(leaf), packer{text: make([]byte, 0, leafSize*32)}
	for i, s := range from {
		l.keys[i], l.meta[i] = s.leaf.keys[s.place], s.leaf.meta[s.place]
		l.live |= 1 << i
		p.copy(&l.meta[i], s.leaf)
		p.notes.Copy(uint32(i), &s.leaf.notes, s.place)
	}
	p.give(l)
	return l
}

// sortNames fills the orders that need the one by name, which is that of the leaves.
func (p *picture) sortNames() {
	byName := make([]uint32, p.size)
	for i := range byName {
		byName[i] = cellAt(i)
	}
	p.names = cells.Grow(byName)
	p.sortEndings(byName)
}

// sortEndings fills the order by expiry from that by name.
func (p *picture) sortEndings(byName []uint32) {
	const never = 1<<48 - 1
	p.endings = cells.Grow(cells.SortByNumber(byName, func(cell uint32) uint64 { return p.meta(cell).ending() & never }))
}

// sortNumbers fills the orders by number and by creation, which are nearly the same.
func (p *picture) sortNumbers() {
	list := make([]uint32, 0, p.size)
	for n, l := range p.leaves.all() {
		for i := range uint32(leafSize) {
			if l.has(i) {
				list = append(list, n<<leafBits|i)
			}
		}
	}
	id := func(cell uint32) []byte { return p.key(cell).id[:] }
	list = cells.SortByNumberAndText(list, func(cell uint32) uint64 {
		m := p.meta(cell)
		return rowOrder(token.Number(m.number>>16), m.replacedBy != 0)
	}, id)
	p.numbers = cells.Grow(list)
	list = cells.SortByNumberAndText(list, func(cell uint32) uint64 { return uint64(p.meta(cell).createdAt()) }, id)
	p.births = cells.Grow(list)
}

// inParallel calls fn with parts of the numbers up to n, on so many cores.
func inParallel(cores, n int, fn func(from, to int)) {
	var work sync.WaitGroup
	size := n/cores + 1
	for from := 0; from < n; from += size {
		work.Go(func() { fn(from, min(from+size, n)) })
	}
	work.Wait()
}
