package transport

import (
	"context"
	"runtime"
	"slices"
	"sync"

	"tokenscale/token"
)

// turns lets few queries of one caller be carried out at a time, as many as
// there are cores. More would not be faster, but take the processor from all
// others, as it is shared by queries and not by callers. It is safe for
// concurrent use.
type turns struct {
	each int // queries of one caller

	mu      sync.Mutex
	running map[token.ID]int
	waiting map[token.ID][]chan struct{} // first come, first served
}

func newTurns() *turns {
	return &turns{
		each:    max(leastTurns, runtime.GOMAXPROCS(0)),
		running: map[token.ID]int{}, waiting: map[token.ID][]chan struct{}{},
	}
}

// wait returns when it is the caller's turn, or with false when ctx ends. Who
// had a turn must call done.
func (t *turns) wait(ctx context.Context, who token.ID) bool {
	next := t.join(who)
	if next == nil {
		return true
	}
	select {
	case <-next:
		return true
	case <-ctx.Done():
		t.giveUp(who, next)
		return false
	}
}

// join returns nil if it is the caller's turn, or what is closed when it is.
func (t *turns) join(who token.ID) (next chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running[who] < t.each {
		t.running[who]++
		return nil
	}
	next = make(chan struct{})
	t.waiting[who] = append(t.waiting[who], next)
	return next
}

// done hands the turn to who waits longest.
func (t *turns) done(who token.ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if line := t.waiting[who]; len(line) > 0 {
		close(line[0])
		t.leave(who, 0)
		return
	}
	if t.running[who]--; t.running[who] == 0 {
		delete(t.running, who)
	}
}

// giveUp leaves the line, or hands on the turn that came at the same moment.
func (t *turns) giveUp(who token.ID, next chan struct{}) {
	t.mu.Lock()
	i := slices.Index(t.waiting[who], next)
	if i >= 0 {
		t.leave(who, i)
	}
	t.mu.Unlock()
	if i < 0 {
		t.done(who)
	}
}

func (t *turns) leave(who token.ID, i int) {
	if t.waiting[who] = slices.Delete(t.waiting[who], i, i+1); len(t.waiting[who]) == 0 {
		delete(t.waiting, who)
	}
}
