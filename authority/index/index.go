package index

import (
	"fmt"
	"hash/maphash"
	"iter"
	"sync"
	"sync/atomic"

	"tokenscale/authority/index/cells"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/token"
)

// An Index holds the tokens, filters and policies.
type Index struct {
	picture  atomic.Pointer[picture]
	seed     maphash.Seed
	standIns [standInLeaves]leaf // made-up tokens; they never change

	write sync.Mutex // guards what is below, and publishing
	books books
}

// books are what only the writer needs.
type books struct {
	generation uint64     // of the last batch
	room       cells.Room // of leaves
}

// New returns an empty Index with the policies of a fresh installation.
func New() *Index {
	x := &Index{seed: maphash.MakeSeed()}
	x.picture.Store(&picture{
		filters: []Filter{{}}, filterNumbers: map[ipfilter.ID]uint32{"": 0}, digestKeys: []token.KeyID{0}, history: policy.History{Policies: policy.Fresh()},
	})
	for n := range x.standIns {
		x.standIns[n].standIn(n)
	}
	return x
}

// now returns the picture of this moment.
func (x *Index) now() *picture { return x.picture.Load() }

// Find returns the token id, and whether there is one. If there is none, the
// Entry stands in for it: no string has its digest, so that looking for a
// token that does not exist can go on like any other. It allocates nothing,
// and waits for nobody.
func (x *Index) Find(id token.ID) (Entry, bool) {
	p := x.now()
	hash := x.hash(id)
	if cell, ok := p.find(hash, id); ok {
		return p.entry(cell), true
	}
	n := uint32(hash>>32) % (standInLeaves * leafSize)
	return Entry{p, &x.standIns[n/leafSize], n % leafSize}, false
}

func (x *Index) hash(id token.ID) uint64 { return maphash.String(x.seed, string(id)) }

func (p *picture) find(hash uint64, id token.ID) (cell uint32, ok bool) {
	return p.table.Find(hash, func(cell uint32) bool { return p.key(cell).is(id) })
}

// standInLeaves is how many leaves of made-up tokens there are. One token alone would always be at
// hand for the processor, as no token among many is.
const standInLeaves = 4

// standIn fills a leaf with made-up tokens that are judged like others. Their ids have letters that
// no id has, and their digests are those of no string.
func (l *leaf) standIn(n int) {
	for i := range l.keys {
		l.keys[i] = key{padded(token.ID(fmt.Sprintf("-%-31d", n*leafSize+i))), token.Digest{byte(i), 1}}
		l.meta[i].created = 1 << 16
		l.live |= 1 << i
		l.pack(uint32(i), &token.Token{Name: "nobody"})
	}
}

// Number returns the number of the token id, and whether there is one.
func (x *Index) Number(id token.ID) (token.Number, bool) {
	e, ok := x.Find(id)
	if !ok {
		return 0, false
	}
	return token.Number(e.meta().number >> 16), true
}

// At returns the token with the number that works out its grace period, or that
// does not, and whether there is one.
func (x *Index) At(n token.Number, inGrace bool) (Entry, bool) {
	p := x.now()
	for _, cell := range p.inRow(n, inGrace) {
		return p.entry(cell), true
	}
	return Entry{}, false
}

// Len returns how many tokens there are.
func (x *Index) Len() int { return x.now().size }

// ByName yields all tokens as they are now, by name. Changes meanwhile are not
// seen, and do not wait.
func (x *Index) ByName() iter.Seq[Entry] {
	p := x.now()
	return p.walk(p.names, 0)
}

// ByNumber yields all tokens as they are now, in the order of their numbers.
// Changes meanwhile are not seen, and do not wait.
func (x *Index) ByNumber() iter.Seq[Entry] {
	p := x.now()
	return p.walk(p.numbers, 0)
}

// Look returns the history of the policies and all tokens, by name, of one moment between two
// commits.
func (x *Index) Look() (policy.History, iter.Seq[Entry]) {
	p := x.now()
	return p.history, p.walk(p.names, 0)
}

// History returns the policies with their history. All tokens are as it says.
func (x *Index) History() policy.History { return x.now().history }

// Policies returns the policies.
func (x *Index) Policies() policy.Policies { return x.now().history.Policies }

// System returns the policy for system tokens.
func (x *Index) System() policy.Security { return x.now().history.System }

// Root is what the root token is known by.
type Root struct {
	Digest token.Digest
	Key    token.KeyID // the key that Digest was made under
}

// SetRoot replaces the root token.
func (x *Index) SetRoot(r Root) { x.Update(func(b *Batch) { b.SetRoot(&r) }) }

// Root returns what the root token is known by, if there is one.
func (x *Index) Root() (Root, bool) {
	if r := x.now().root; r != nil {
		return *r, true
	}
	return Root{}, false
}
