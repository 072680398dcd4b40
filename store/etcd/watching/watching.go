// Package watching decides at which member of etcd a node watches what others commit.
package watching

import (
	"context"
	"hash/fnv"
	"sync"
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
	patience  time.Duration
	next      int // of endpoints

	mu    sync.Mutex
	end   context.CancelFunc
	since time.Time     // when it began, or something came last
	least time.Duration // for how long it is waited for something from then on
	busy  bool          // something has come that is not applied yet
}

// New returns the watch of a node, which has not begun. A member that says nothing has patience,
// and the next one twice as long, and so on until something comes: it may be all that was missed in
// a long time, and take long. Whoever opened client closes it. The nodes of a cluster begin at
// different members.
func New(client *clientv3.Client, endpoints []string, node string, patience time.Duration) *Watch {
	name := fnv.New32()
	_, _ = name.Write([]byte(node)) // it never fails
	return &Watch{Client: client, endpoints: endpoints, patience: patience, least: patience / 2, next: int(name.Sum32() % uint32(len(endpoints)))}
}

// Begin goes to the next member, and notes how the watch there is ended.
func (w *Watch) Begin(end context.CancelFunc, now time.Time) {
	w.Client.SetEndpoints(w.endpoints[w.next])
	w.next = (w.next + 1) % len(w.endpoints)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end, w.since, w.least, w.busy = end, now, min(2*w.least, time.Minute), false
}

// Came notes that something has come, which is applied until Applied is called.
func (w *Watch) Came() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = true
}

// Applied notes that all that has come is applied.
func (w *Watch) Applied(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy, w.since, w.least = false, now, w.patience
}

// Late ends a watch from which something has not come that is there, if it has had its time. One
// that this node is too slow for goes on.
func (w *Watch) Late(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.end != nil && !w.busy && now.Sub(w.since) >= w.least {
		w.end()
	}
}
