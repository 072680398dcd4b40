package transport

import (
	"context"
	"runtime"
	"sync"
	"time"

	"tokenscale/token"
)

const (
	// maxInLine is how many documents of one caller may be validated or wait
	// for it. Each holds its text in memory.
	maxInLine = 100

	// maxWait is how long a document may wait to be validated.
	maxWait = time.Second
)

// A queue lets few documents be parsed and validated at a time, so that who
// sends many costly ones does not take all cores from those whose documents are
// known. Callers take turns, however many documents each has sent: one that
// floods the server waits for itself.
//
// It is safe for concurrent use.
type queue struct {
	slots chan struct{} // as long as a document is being validated

	mu    sync.Mutex
	lines map[token.ID]*line
}

// A line is what one caller has sent.
type line struct {
	length int
	turns  chan struct{} // who may wait for a slot beside the other callers
}

// newQueue returns a queue that validates as many documents at a time as there
// are cores, but for one, which is left to all else if there is another.
func newQueue() *queue {
	return &queue{slots: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1)), lines: map[token.ID]*line{}}
}

// enter waits for a slot, and for nothing else: whoever gets one must leave.
// It refuses who has too many in line, and who waited too long or has gone.
func (q *queue) enter(ctx context.Context, who token.ID) (leave func(), bad *refusal) {
	l := q.join(who)
	if l == nil {
		return nil, &busy
	}
	late := time.NewTimer(maxWait)
	defer late.Stop()
	if bad := take(ctx, l.turns, late.C); bad != nil {
		q.part(who, l)
		return nil, bad
	}
	if bad := take(ctx, q.slots, late.C); bad != nil {
		<-l.turns
		q.part(who, l)
		return nil, bad
	}
	return func() { <-q.slots; <-l.turns; q.part(who, l) }, nil
}

// take waits for one of some places, first come, first served.
func take(ctx context.Context, places chan struct{}, late <-chan time.Time) *refusal {
	select {
	case places <- struct{}{}:
		return nil
	case <-late:
		return &busy
	case <-ctx.Done():
		return &givenUp
	}
}

// join adds one to the line of a caller, or returns nil if it is too long.
func (q *queue) join(who token.ID) *line {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lines[who]
	if l == nil {
		l = &line{turns: make(chan struct{}, cap(q.slots))}
		q.lines[who] = l
	}
	if l.length == maxInLine {
		return nil
	}
	l.length++
	return l
}

func (q *queue) part(who token.ID, l *line) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if l.length--; l.length == 0 {
		delete(q.lines, who)
	}
}
