package authority

import (
	"context"
	"time"

	"tokenscale/fault"
	"tokenscale/policy"
	"tokenscale/store"
)

// Several nodes may have the store open. What another one has changed reaches this one a little
// later, and while it is cut off not at all. So it answers for tokens only while it can prove that
// it is not behind, and asks before it says that something is not there.

// freshTime is how long a refusal waits to know what was changed up to now, at most.
const freshTime = 2 * time.Second

// proven judges a credential by judge, which does so by what this node knows. What is refused may
// have been made elsewhere a moment ago, so it is judged again by what is known of all nodes. That
// this node may answer is asked last: it may stand still in between.
func (a *Authority) proven(judge func() (policy.Actor, policy.Outcome)) (policy.Actor, policy.Outcome) {
	actor, outcome := judge()
	if outcome == policy.Unknown || outcome == policy.Wrong {
		ctx, cancel := context.WithTimeout(a.alive, freshTime)
		defer cancel()
		if a.shared.Refresh(ctx) != nil {
			return policy.Actor{}, policy.NotProven
		}
		actor, outcome = judge()
	}
	if a.shared.Proven() != nil {
		return policy.Actor{}, policy.NotProven
	}
	return actor, outcome
}

// Refresh returns once this node knows all that other nodes have answered before the call, so that
// a query finds it. It refuses with Unavailable if that cannot be found out. It is safe for
// concurrent use.
func (a *Authority) Refresh(ctx context.Context) error {
	if a.shared == nil || a.shared.Refresh(ctx) == nil {
		return nil
	}
	return fault.New(fault.Unavailable, "This node cannot find out at present what other nodes have changed, so it does not answer. Ask another node, or try again in a moment.")
}

// Proven returns nil if this node may answer for tokens, and an error that wraps
// store.ErrNotProven if it may be too far behind the other nodes. On a store that one process has
// open it always returns nil. It is safe for concurrent use.
func (a *Authority) Proven() error {
	if a.shared == nil {
		return nil
	}
	return a.shared.Proven()
}

// A ClusterState is what this node knows of the nodes that have its store open.
type ClusterState struct {
	Nodes      []store.Node // by name
	KeepsHouse bool         // this node does what one does for all
	Proven     bool         // this node answers for tokens
}

// Cluster returns the state of the cluster, and false if the store is not shared. It is safe for
// concurrent use.
func (a *Authority) Cluster() (ClusterState, bool) {
	if a.shared == nil {
		return ClusterState{}, false
	}
	return ClusterState{a.shared.Nodes(), a.shared.KeepsHouse(), a.shared.Proven() == nil}, true
}
