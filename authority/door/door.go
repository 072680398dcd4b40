// Package door says whether this node may answer for tokens.
//
// Several nodes may have the store open. What another one has changed reaches this one a little
// later, and while it is cut off not at all. So it answers only while it can prove that it is not
// behind, and asks before it says that something is not there.
package door

import (
	"context"
	"sync/atomic"
	"time"

	"tokenscale/fault"
	"tokenscale/policy"
	"tokenscale/store"
)

// A Door stands before what verifies tokens. A nil *Door is that of a store which one process has
// open: nothing can be changed elsewhere, so it is always open. It is safe for concurrent use.
type Door struct {
	store store.Shared
	alive context.Context // ends when nobody is judged any more

	skew  atomic.Int64 // by how much the clock in the middle of all nodes is ahead of ours
	apart atomic.Bool  // two of the clocks are too far apart
}

// Of returns the Door of a store, which is nil unless the store is shared.
func Of(db store.DB, alive context.Context) *Door {
	shared, ok := db.(store.Shared)
	if !ok {
		return nil
	}
	return &Door{store: shared, alive: alive}
}

// freshTime is how long a refusal waits to know what was changed up to now, at most.
const freshTime = 2 * time.Second

// Judge judges a credential by judge, which does so by what this node knows. What is refused may
// have been made elsewhere a moment ago, so it is judged again by what is known of all nodes. That
// this node may answer is asked last: it may stand still in between. If it may not, the outcome is
// policy.NotProven.
func (d *Door) Judge(judge func() (policy.Actor, policy.Outcome)) (policy.Actor, policy.Outcome) {
	actor, outcome := judge()
	if outcome == policy.Unknown || outcome == policy.Wrong {
		ctx, cancel := context.WithTimeout(d.alive, freshTime)
		defer cancel()
		if d.store.Refresh(ctx) != nil {
			return policy.Actor{}, policy.NotProven
		}
		actor, outcome = judge()
	}
	if d.Proven() != nil {
		return policy.Actor{}, policy.NotProven
	}
	return actor, outcome
}

// Refresh returns once this node knows all that other nodes have answered before the call, so that
// a query finds it. It refuses with Unavailable if that cannot be found out.
func (d *Door) Refresh(ctx context.Context) error {
	if d == nil || d.store.Refresh(ctx) == nil {
		return nil
	}
	return fault.New(fault.Unavailable, "This node cannot find out at present what other nodes have changed, so it does not answer. Ask another node, or try again in a moment.")
}

// Proven returns nil if this node may answer for tokens, and an error that wraps
// store.ErrNotProven if it may be too far behind the other nodes, or ErrClock.
func (d *Door) Proven() error {
	if d == nil {
		return nil
	}
	if err := d.Clock(); err != nil {
		return err
	}
	return d.store.Proven()
}

// A Cluster is what this node knows of the nodes that have its store open.
type Cluster struct {
	Nodes      []store.Node // by name
	KeepsHouse bool         // this node does what one does for all
	Proven     bool         // this node answers for tokens
	Clock      error        // why the clock of this node is wrong; nil if it is not
	Silent     []string     // the members of etcd that do not answer
	Alarms     []string     // what the others have alarms of
}

// Cluster returns the state of the cluster, and false if the store is not shared.
func (d *Door) Cluster() (Cluster, bool) {
	if d == nil {
		return Cluster{}, false
	}
	return Cluster{d.store.Nodes(), d.KeepsHouse(), d.Proven() == nil, d.Clock(), d.store.Silent(), d.store.Alarms()}, true
}
