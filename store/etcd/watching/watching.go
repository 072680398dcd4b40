// Package watching decides at which member of etcd a node watches what others commit.
package watching

import (
	"context"
	"hash/fnv"
	"sync"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// A Watch is at one member at a time. It needs a client of its own: a member may say nothing for
// long, or hear of everything late, and who goes elsewhere must not come back to it by chance. It
// is safe for concurrent use, apart from Begin.
type Watch struct {
	// Client knows one member, since Begin.
	Client *clientv3.Client

	endpoints []string
	next      int // of endpoints
	busy      atomic.Bool

	mu    sync.Mutex
	since time.Time
	end   context.CancelFunc
}

// New returns the watch of a node, which has not begun. Whoever opens it closes its client. The
// nodes of a cluster begin at different members.
func New(client *clientv3.Client, endpoints []string, node string) *Watch {
	name := fnv.New32()
	_, _ = name.Write([]byte(node)) // it never fails
	return &Watch{Client: client, endpoints: endpoints, next: int(name.Sum32() % uint32(len(endpoints)))}
}

// Begin goes to the next member, and notes how the watch there is ended.
func (w *Watch) Begin(end context.CancelFunc, now time.Time) {
	w.Client.SetEndpoints(w.endpoints[w.next])
	w.next = (w.next + 1) % len(w.endpoints)
	w.busy.Store(false)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end, w.since = end, now
}

// Applies notes whether something has come that this node has not applied yet.
func (w *Watch) Applies(busy bool) { w.busy.Store(busy) }

// Late ends a watch from which something has not come that is there. One that is younger than
// least, or that this node is too slow for, goes on.
func (w *Watch) Late(now time.Time, least time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.end != nil && !w.busy.Load() && now.Sub(w.since) >= least {
		w.end()
	}
}
