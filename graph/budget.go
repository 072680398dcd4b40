package graph

import (
	"sync"

	"tokenscale/token"
)

// A budget is the memory that all answers under way may take together, from
// their first field until their last byte is sent. One caller may take half of
// what the others leave, so that neither one nor a few, who read as slowly as
// they may, keep all others from theirs. It is safe for concurrent use.
type budget struct {
	total int64 // bytes

	mu      sync.Mutex
	used    int64
	callers map[token.ID]int64
}

const (
	// defaultAnswerMemory is the budget unless Options say otherwise, in bytes.
	defaultAnswerMemory = 256 << 20

	// leastAnswerMemory is the least that works: the page and small answers.
	leastAnswerMemory = 16 << 20

	// answersAtOnce is how many of the largest answers fit into the budget
	// once they are written, and the half of who comes first is not smaller
	// than one that is being put together: it takes up to four times its length.
	answersAtOnce = 8
)

// newBudget returns a budget of as many bytes, or of the usual ones if there
// are none.
func newBudget(bytes int64) *budget {
	if bytes == 0 {
		bytes = defaultAnswerMemory
	}
	return &budget{total: max(bytes, leastAnswerMemory), callers: map[token.ID]int64{}}
}

// largest returns how long one answer may be, in bytes.
func (b *budget) largest() int64 {
	if Unbounded {
		return maxAnswer
	}
	return min(maxAnswer, b.total/answersAtOnce)
}

// take reserves n bytes for an answer to who, and reports whether there was
// room. Whoever took some gives as many back.
func (b *budget) take(who token.ID, n int64) bool {
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
func (b *budget) give(who token.ID, n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	if b.callers[who] -= n; b.callers[who] == 0 {
		delete(b.callers, who)
	}
}
