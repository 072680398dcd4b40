// Package index is the live picture of the store that verification and lists
// read: all tokens in memory, by id and in the two orders lists have, with
// the IP filters parsed and the policies at hand.
//
// It follows the store's feed, so a reader sees every change whose command
// has returned. It holds nothing that is not in the store, except when a token
// was last used. An Index is safe for concurrent use.
package index

import (
	"iter"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/tidwall/btree"

	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/token"
)

// An Index holds the tokens, filters and policies.
type Index struct {
	mu       sync.RWMutex // guards the three below
	tokens   map[token.ID]*Entry
	byName   *btree.BTreeG[*Entry]
	byExpiry *btree.BTreeG[*Entry]

	// Filters and policies are few and read on every request, so each change
	// makes a new map, and readers take no lock.
	filters  atomic.Pointer[map[ipfilter.ID]Filter]
	policies atomic.Pointer[policy.Policies]
	root     atomic.Pointer[Root]

	used useList
}

// An Entry is one token. Its Token is never changed; a changed token has a
// new Entry.
type Entry struct {
	Token  token.Token
	folded string // the name as it is ordered and searched
	use    atomic.Pointer[lastUse]
}

// A Filter is an IP filter with its rules. Rules is nil if the stored text
// does not parse any more; nobody passes such a filter.
type Filter struct {
	ipfilter.Filter
	Rules *ipfilter.Rules
}

// New returns an empty Index with the policies of a fresh installation.
func New() *Index {
	x := &Index{
		tokens:   map[token.ID]*Entry{},
		byName:   btree.NewBTreeGOptions(nameOrder, btree.Options{NoLocks: true}),
		byExpiry: btree.NewBTreeGOptions(expiryOrder, btree.Options{NoLocks: true}),
	}
	x.filters.Store(&map[ipfilter.ID]Filter{})
	x.SetPolicies(policy.Fresh())
	return x
}

// nameOrder orders by folded name, then id.
func nameOrder(a, b *Entry) bool {
	if a.folded != b.folded {
		return a.folded < b.folded
	}
	return a.Token.ID < b.Token.ID
}

// expiryOrder orders by expiry, the endless last, then as nameOrder.
func expiryOrder(a, b *Entry) bool {
	// Minus one turns zero, which means never, into the largest number.
	if x, y := uint64(a.Token.ExpireAt)-1, uint64(b.Token.ExpireAt)-1; x != y {
		return x < y
	}
	return nameOrder(a, b)
}

// Load fills an empty Index. It is much faster than Put for each token.
func (x *Index) Load(tokens []token.Token) {
	x.mu.Lock()
	defer x.mu.Unlock()
	entries := make([]*Entry, len(tokens))
	for i, t := range tokens {
		entries[i] = newEntry(t)
		x.tokens[t.ID] = entries[i]
	}
	for tree, less := range map[*btree.BTreeG[*Entry]]func(a, b *Entry) bool{x.byName: nameOrder, x.byExpiry: expiryOrder} {
		slices.SortFunc(entries, compare(less))
		for _, e := range entries {
			tree.Load(e)
		}
	}
}

func compare(less func(a, b *Entry) bool) func(a, b *Entry) int {
	return func(a, b *Entry) int {
		switch {
		case less(a, b):
			return -1
		case less(b, a):
			return 1
		}
		return 0
	}
}

func newEntry(t token.Token) *Entry { return &Entry{Token: t, folded: Fold(t.Name)} }

// A Batch changes an Index inside Update.
type Batch struct{ x *Index }

// Update runs fn with the Index held, so that readers see all of its token
// changes at once.
func (x *Index) Update(fn func(Batch)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	fn(Batch{x})
}

// Put adds or replaces a token.
func (b Batch) Put(t token.Token) {
	e := newEntry(t)
	if old, ok := b.x.tokens[t.ID]; ok {
		e.use.Store(old.lastUse()) // shared: a request may still hold the old Entry
		b.x.byName.Delete(old)
		b.x.byExpiry.Delete(old)
	}
	b.x.tokens[t.ID] = e
	b.x.byName.Set(e)
	b.x.byExpiry.Set(e)
}

// Drop removes a token, if it is there.
func (b Batch) Drop(id token.ID) {
	if old, ok := b.x.tokens[id]; ok {
		delete(b.x.tokens, id)
		b.x.byName.Delete(old)
		b.x.byExpiry.Delete(old)
	}
}

// Find returns the token id. It allocates nothing.
func (x *Index) Find(id token.ID) (*Entry, bool) {
	x.mu.RLock()
	e, ok := x.tokens[id]
	x.mu.RUnlock()
	return e, ok
}

// Len returns how many tokens there are.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.tokens)
}

// ByName yields all tokens as they are now, by name. Changes meanwhile are not
// seen, and do not wait.
func (x *Index) ByName() iter.Seq[*Entry] {
	x.mu.Lock() // a copy marks the nodes as shared
	tree := x.byName.Copy()
	x.mu.Unlock()
	return tree.Scan
}

// SetPolicies replaces the policies.
func (x *Index) SetPolicies(p policy.Policies) { x.policies.Store(&p) }

// Policies returns the policies.
func (x *Index) Policies() policy.Policies { return *x.policies.Load() }

// System returns the policy for system tokens.
func (x *Index) System() policy.Security { return x.policies.Load().System }

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

// SetFilter adds or replaces a filter and reports whether its rules parse.
func (x *Index) SetFilter(f ipfilter.Filter) bool {
	rules, err := ipfilter.Parse(f.Text)
	next := maps.Clone(*x.filters.Load())
	next[f.ID] = Filter{f, rules}
	x.filters.Store(&next)
	return err == nil
}

// DropFilter removes a filter, if it is there.
func (x *Index) DropFilter(id ipfilter.ID) {
	next := maps.Clone(*x.filters.Load())
	delete(next, id)
	x.filters.Store(&next)
}

// Rules returns the rules of a filter, or nil if it does not exist or does
// not parse. It implements policy.Filters.
func (x *Index) Rules(id ipfilter.ID) *ipfilter.Rules { return (*x.filters.Load())[id].Rules }

// Filter returns the filter id.
func (x *Index) Filter(id ipfilter.ID) (ipfilter.Filter, bool) {
	f, ok := (*x.filters.Load())[id]
	return f.Filter, ok
}

// Filters returns all filters by name, then id.
func (x *Index) Filters() []ipfilter.Filter {
	all := make([]ipfilter.Filter, 0, len(*x.filters.Load()))
	for _, f := range *x.filters.Load() {
		all = append(all, f.Filter)
	}
	slices.SortFunc(all, func(a, b ipfilter.Filter) int {
		return cmpText(Fold(a.Name)+"\x00"+string(a.ID), Fold(b.Name)+"\x00"+string(b.ID))
	})
	return all
}

func cmpText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Touch notes that the token was used at now from an address. In the steady
// state it allocates nothing.
func (x *Index) Touch(e *Entry, now epoch.Millis, from netip.Addr) { x.used.touch(e, now, from) }
