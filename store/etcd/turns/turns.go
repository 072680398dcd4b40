// Package turns has nodes that write to one store at the same time go one after the other.
package turns

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// A Ring is a courtesy among nodes that write at the same time. Each would have to compare the same
// head, one would win, and the others would run again; and one node won nearly always. So those
// that have lately committed, or tried to, go one after the other, in the order of their names: the
// next may go at once, the one behind it a little later, or as soon as the head moves. A wrong
// guess costs a repetition and nothing else. It is safe for concurrent use.
type Ring struct {
	Node string // this one
	Off  bool   // it is always its turn

	mu     sync.Mutex
	seen   map[string]time.Time // when each node last committed, or came too late
	last   string               // who last committed
	lastAt time.Time
	mean   time.Duration // of what a commit takes
}

// writes is for how long after a commit, or a try, a node counts as one that writes.
const writes = 250 * time.Millisecond

// Took notes how long a commit took.
func (t *Ring) Took(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mean == 0 {
		t.mean = d
	}
	t.mean += (d - t.mean) / 8
}

// Saw notes who has committed; nobody if node is empty.
func (t *Ring) Saw(node string, now time.Time) {
	if node == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last, t.lastAt = node, now
	t.writes(node, now)
}

// Late notes whose commit came too late. Without that, who is far from etcd would never be among
// those that take turns, because others are always faster.
func (t *Ring) Late(node string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.writes(node, now)
}

func (t *Ring) writes(node string, now time.Time) {
	if t.seen == nil {
		t.seen = map[string]time.Time{}
	}
	t.seen[node] = now
}

// Wait returns for how long it is others' turn.
func (t *Ring) Wait(now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.seen, func(_ string, at time.Time) bool { return now.Sub(at) > writes })
	names := slices.Sorted(maps.Keys(t.seen))
	me, last := slices.Index(names, t.Node), slices.Index(names, t.last)
	if t.Off || len(names) < 2 || me < 0 || last < 0 || now.Sub(t.lastAt) > writes {
		return 0 // nobody else writes, or we have just begun
	}
	ahead := (me - last - 1 + len(names)) % len(names)
	return time.Duration(ahead)*(2*t.mean+2*time.Millisecond) - now.Sub(t.lastAt)
}

// Await returns when it is this node's turn to commit, or ctx ends. What moved returns is closed
// when somebody has committed, and asked for before each guess.
func (t *Ring) Await(ctx context.Context, now func() time.Time, moved func() <-chan struct{}) {
	for {
		when := moved()
		d := t.Wait(now())
		if d <= 0 {
			return
		}
		timer := time.NewTimer(d)
		select {
		case <-when:
		case <-timer.C:
			return
		case <-ctx.Done():
			timer.Stop()
			return
		}
		timer.Stop()
	}
}
