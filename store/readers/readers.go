// Package readers knows which transactions of a store read at this moment.
package readers

import (
	"sync"
	"time"
)

// Open are the transactions that read. A file keeps every page that the oldest of them may look at,
// so one that does not end makes it grow without limit. The zero Open is ready, and safe for
// concurrent use.
type Open struct {
	mu    sync.Mutex
	last  uint64
	since map[uint64]time.Time
}

// Enter notes one that begins at now, until leave is called.
func (o *Open) Enter(now time.Time) (leave func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.since == nil {
		o.since = map[uint64]time.Time{}
	}
	o.last++
	this := o.last
	o.since[this] = now
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.since, this)
	}
}

// State returns how many there are, and for how long the oldest has been reading.
func (o *Open) State(now time.Time) (n int, oldest time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, since := range o.since {
		oldest = max(oldest, now.Sub(since))
	}
	return len(o.since), oldest
}
