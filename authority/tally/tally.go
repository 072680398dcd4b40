package tally

import (
	"cmp"
	"slices"
	"sync"

	"tokenscale/epoch"
)

// MaxKinds is how many kinds are told apart at a time.
const MaxKinds = 256

// A Tally counts things by kind. Kinds are what the caller takes for alike; of
// each it keeps the last one that was noted. It is safe for concurrent use.
type Tally[K comparable, V any] struct {
	rest func(K) K

	mu      sync.Mutex
	kinds   map[K]*Count[K, V]
	others  map[K]*Count[K, V] // kinds that stand for those beyond MaxKinds
	pending []Count[K, V]      // firsts, not taken yet
}

// A Count is one entry to write.
type Count[K comparable, V any] struct {
	Kind      K
	Last      V // the last one; nothing for kinds beyond MaxKinds
	N         uint64
	Since, At epoch.Millis // of the first and the last that N counts
	First     bool         // it is one, to be written as it is

	idle bool // nothing came since the last Take
}

// New returns a Tally that has counted nothing. rest says which kind stands for
// one beyond MaxKinds: something that many kinds have in common.
func New[K comparable, V any](rest func(K) K) *Tally[K, V] {
	return &Tally[K, V]{rest: rest, kinds: map[K]*Count[K, V]{}, others: map[K]*Count[K, V]{}}
}

// Note counts v, which happened at a moment.
func (t *Tally[K, V]) Note(kind K, v V, at epoch.Millis) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(Count[K, V]{Kind: kind, Last: v, N: 1, Since: at, At: at})
}

// NoteFirst counts v, and reports true if it is the first of its kind in a
// while: that one is kept as it is, for TakeFirsts.
func (t *Tally[K, V]) NoteFirst(kind K, v V, at epoch.Millis) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kinds[kind] != nil || len(t.kinds) >= MaxKinds {
		t.add(Count[K, V]{Kind: kind, Last: v, N: 1, Since: at, At: at})
		return false
	}
	t.kinds[kind] = &Count[K, V]{Kind: kind}
	t.pending = append(t.pending, Count[K, V]{Kind: kind, Last: v, N: 1, Since: at, At: at, First: true})
	return true
}

// add must be called with mu held.
func (t *Tally[K, V]) add(more Count[K, V]) {
	kept := t.kinds[more.Kind]
	switch {
	case kept != nil:
	case len(t.kinds) < MaxKinds:
		kept = &Count[K, V]{Kind: more.Kind}
		t.kinds[more.Kind] = kept
	default:
		var none V
		more.Kind, more.Last = t.rest(more.Kind), none
		if kept = t.others[more.Kind]; kept == nil {
			kept = &Count[K, V]{Kind: more.Kind}
			t.others[more.Kind] = kept
		}
	}
	if kept.N == 0 || more.Since < kept.Since {
		kept.Since = more.Since
	}
	if kept.N == 0 || more.At >= kept.At {
		kept.Last, kept.At = more.Last, more.At
	}
	kept.N, kept.idle = kept.N+more.N, false
}

// TakeFirsts returns the firsts that were not taken yet.
func (t *Tally[K, V]) TakeFirsts() []Count[K, V] {
	t.mu.Lock()
	defer t.mu.Unlock()
	taken := t.pending
	t.pending = nil
	return taken
}

// Take returns firsts, and what was counted since the last call, by time. Kinds
// of which nothing came since then are forgotten, so that the next of them is a
// first again.
func (t *Tally[K, V]) Take() []Count[K, V] {
	t.mu.Lock()
	defer t.mu.Unlock()
	taken := t.pending
	t.pending = nil
	for kind, c := range t.kinds {
		if c.N > 0 {
			taken = append(taken, *c)
		} else if c.idle {
			delete(t.kinds, kind)
		}
		*c = Count[K, V]{Kind: kind, idle: true}
	}
	for _, c := range t.others {
		taken = append(taken, *c)
	}
	clear(t.others)
	slices.SortStableFunc(taken, func(x, y Count[K, V]) int { return cmp.Compare(x.At, y.At) })
	return taken
}

// PutBack keeps what could not be written for the next time: firsts as they are
// as far as there is room for them, and else as a number.
func (t *Tally[K, V]) PutBack(list []Count[K, V]) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range list {
		if c.First && len(t.pending) < MaxKinds {
			t.pending = append(t.pending, c)
			continue
		}
		c.First = false
		t.add(c)
	}
}
