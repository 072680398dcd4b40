package etcd

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// turns is a courtesy among nodes that write at the same time. Each would have to compare the same
// head, one would win, and the others would run again; and one node won nearly always. So those
// that have committed lately go one after the other, in the order of their names: the next may go
// at once, the one behind it a little later, or as soon as the head moves. A wrong guess costs a
// repetition and nothing else.
type turns struct {
	node string
	off  bool

	mu   sync.Mutex
	seen map[string]time.Time // when each node last committed
	last string               // who did
	mean time.Duration        // of what a commit takes
}

// writes is for how long after a commit a node counts as one that writes.
const writes = 250 * time.Millisecond

// took notes how long a commit took.
func (t *turns) took(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mean == 0 {
		t.mean = d
	}
	t.mean += (d - t.mean) / 8
}

// saw notes who has committed.
func (t *turns) saw(node string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen == nil {
		t.seen = map[string]time.Time{}
	}
	t.seen[node], t.last = now, node
}

// wait returns for how long it is others' turn.
func (t *turns) wait(now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.seen, func(_ string, at time.Time) bool { return now.Sub(at) > writes })
	names := slices.Sorted(maps.Keys(t.seen))
	me, last := slices.Index(names, t.node), slices.Index(names, t.last)
	if t.off || len(names) < 2 || me < 0 || last < 0 {
		return 0 // nobody else writes, or we have just begun
	}
	ahead := (me - last - 1 + len(names)) % len(names)
	return time.Duration(ahead)*(2*t.mean+2*time.Millisecond) - now.Sub(t.seen[t.last])
}

// awaitTurn returns when it is this node's turn to commit.
func (db *DB) awaitTurn() {
	for {
		db.mu.Lock()
		moved := db.moved
		db.mu.Unlock()
		d := db.turns.wait(db.options.Now())
		if d <= 0 {
			return
		}
		timer := time.NewTimer(d)
		select {
		case <-moved:
		case <-timer.C:
			return
		case <-db.alive.Done():
			timer.Stop()
			return
		}
		timer.Stop()
	}
}
