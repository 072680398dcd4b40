package index

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/token"
)

// An Index holds the tokens, filters and policies.
type Index struct {
	mu       sync.RWMutex // guards the five below
	tokens   table
	bySlot   map[slot]*Entry
	moving   []*Entry // tokens whose slot another got in the Update under way
	byName   order
	byExpiry order

	// Filters and policies are few and read on every request, so each change
	// makes a new map, and readers take no lock.
	filters atomic.Pointer[map[ipfilter.ID]Filter]
	history atomic.Pointer[policy.History]
	root    atomic.Pointer[Root]

	used     useList
	nobodies [standIns]*Entry // stand in for tokens that do not exist
}

// New returns an empty Index with the policies of a fresh installation.
func New() *Index {
	x := &Index{
		tokens: newTable(0),
		bySlot: map[slot]*Entry{},
		byName: order{named: true},
	}
	for i := range x.nobodies {
		x.nobodies[i] = nobody(i)
	}
	x.filters.Store(&map[ipfilter.ID]Filter{})
	x.history.Store(&policy.History{Policies: policy.Fresh()})
	return x
}

// Find returns the token id, and whether there is one. If there is none, the
// Entry stands in for it: no string has its digest, so that looking for a
// token that does not exist can go on like any other. It allocates nothing.
func (x *Index) Find(id token.ID) (*Entry, bool) {
	x.mu.RLock()
	e, ok := x.tokens.find(id)
	x.mu.RUnlock()
	if !ok {
		e = x.standIn(id)
	}
	return e, ok
}

// A slot is where the row of a token stands: at its number, and whether for the
// string that works out its grace period.
type slot struct {
	number  token.Number
	inGrace bool
}

// Number returns the number of the token id, and whether there is one.
func (x *Index) Number(id token.ID) (token.Number, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	e, ok := x.tokens.find(id)
	if !ok {
		return 0, false
	}
	return e.number, true
}

// At returns the token with the number that works out its grace period, or that does
// not, and whether there is one.
func (x *Index) At(n token.Number, inGrace bool) (*Entry, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	e, ok := x.bySlot[slot{n, inGrace}]
	return e, ok
}

// ByNumber yields all tokens as they are now, in the order of their creation. Changes
// meanwhile are not seen, and do not wait.
func (x *Index) ByNumber() iter.Seq[*Entry] {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return slices.Values(x.byNumber())
}

// byNumber returns all tokens in the order of their numbers, and of one number the current string
// first. x is held.
func (x *Index) byNumber() []*Entry {
	all := slices.Collect(maps.Values(x.bySlot))
	slices.SortFunc(all, func(a, b *Entry) int {
		if a.number == b.number && a != b {
			if a.slot().inGrace {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.number, b.number)
	})
	return all
}

// standIns is how many made-up tokens there are. One alone would always be at
// hand for the processor, as no token among many is.
const standIns = 256

// standIn returns the made-up token that stands in for the token id.
func (x *Index) standIn(id token.ID) *Entry {
	if id == "" {
		return x.nobodies[0]
	}
	return x.nobodies[(uint(id[0])<<4^uint(id[len(id)-1]))%standIns]
}

// nobody returns a made-up token that is judged like others. Its id has letters
// that no id has, and its digest is that of no string.
func nobody(i int) *Entry {
	return newEntry(token.Token{
		ID: token.ID(fmt.Sprintf("-%-31d", i)), Name: "nobody", CreatedAt: 1, Digest: token.Digest{byte(i), 1},
	})
}

// Len returns how many tokens there are.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.tokens.n
}

// names returns the order by name as it is now.
func (x *Index) names() order {
	x.mu.Lock() // a snapshot marks the order as shared
	defer x.mu.Unlock()
	return x.byName.snapshot()
}

// ByName yields all tokens as they are now, by name. Changes meanwhile are not
// seen, and do not wait.
func (x *Index) ByName() iter.Seq[*Entry] {
	names := x.names()
	return names.from(0)
}

// Look returns the history of the policies and all tokens, by name, of one moment between two
// commits.
func (x *Index) Look() (policy.History, iter.Seq[*Entry]) {
	x.mu.Lock() // a snapshot marks the order as shared
	defer x.mu.Unlock()
	names := x.byName.snapshot()
	return x.History(), names.from(0)
}

// History returns the policies with their history. All tokens in x are as it says.
func (x *Index) History() policy.History { return *x.history.Load() }

// Policies returns the policies.
func (x *Index) Policies() policy.Policies { return x.history.Load().Policies }

// System returns the policy for system tokens.
func (x *Index) System() policy.Security { return x.history.Load().System }

// Root is what the root token is known by.
type Root struct {
	Digest token.Digest
	Key    token.KeyID // the key that Digest was made under
}

// SetRoot replaces the root token.
func (x *Index) SetRoot(r Root) { x.root.Store(&r) }

// Root returns what the root token is known by, if there is one.
func (x *Index) Root() (Root, bool) {
	if r := x.root.Load(); r != nil {
		return *r, true
	}
	return Root{}, false
}

// Touch notes that the token was used at now from an address. In the steady
// state it allocates nothing.
func (x *Index) Touch(e *Entry, now epoch.Millis, from netip.Addr) { x.used.touch(e, now, from) }
