package budget

import (
	"sync"

	"tokenscale/token"
)

// A Budget is the memory that all answers under way may take together, from
// their first field until their last byte is sent. One caller may take half of
// what the others leave, so that neither one nor a few, who read as slowly as
// they may, keep all others from theirs. It is safe for concurrent use.
type Budget struct {
	total int64 // bytes

	mu      sync.Mutex
	used    int64
	callers map[token.ID]int64
}

const (
	// defaultTotal is the budget unless somebody says otherwise, in bytes.
	defaultTotal = 256 << 20

	// leastTotal is the least that works, in bytes: the page and small answers.
	leastTotal = 16 << 20

	// answersAtOnce is how many of the largest answers fit into the budget
	// once they are written, and the half of who comes first is not smaller
	// than one that is being put together: it takes up to four times its length.
	answersAtOnce = 8
)

// New returns a budget of as many bytes; with 0 it has 256 MiB, and never less than 16 MiB.
func New(bytes int64) *Budget {
	if bytes == 0 {
		bytes = defaultTotal
	}
	return &Budget{total: max(bytes, leastTotal), callers: map[token.ID]int64{}}
}

// Largest returns how long one answer may be, in bytes.
func (b *Budget) Largest() int64 {
	if Unbounded {
		return MaxAnswer
	}
	return min(MaxAnswer, b.total/answersAtOnce)
}

// Used returns how many bytes are taken now.
func (b *Budget) Used() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

// Meter returns a meter for one request of a caller, or for its answer. Whoever asks for one has
// it settle with 0 in the end.
func (b *Budget) Meter(who token.ID) *Meter { return &Meter{budget: b, who: who} }

// take reserves n bytes for an answer to who, and reports whether there was
// room. Whoever took some gives as many back.
func (b *Budget) take(who token.ID, n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	has := b.callers[who]
	if !Unbounded && has+n > (b.total-(b.used-has))/2 {
		return false
	}
	b.used += n
	b.callers[who] = has + n
	return true
}

// give takes back n bytes that were reserved for who.
func (b *Budget) give(who token.ID, n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	if b.callers[who] -= n; b.callers[who] == 0 {
		delete(b.callers, who)
	}
}
