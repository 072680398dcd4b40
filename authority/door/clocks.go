package door

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tokenscale/loop"
	"tokenscale/store"
)

// Whether a token has expired is judged by the clock of the node that is asked, so the clocks of
// all nodes must agree. One that does not is wrong, and its node answers for no token.

// MostSkew is how far the clock of a node may be off the one in the middle of all nodes. Two nodes
// cannot tell which of them is right: then the one that is ahead is off.
const MostSkew = 5 * time.Second

// ErrClock means that the clock of this node is off those of the others.
var ErrClock = errors.New("the clock of this node is off")

const (
	// lookPause is the time between two looks at the clocks.
	lookPause = time.Second

	// oldReport is how old what a node says of its clock may be when this one joins: its row lives
	// on so long although it has died.
	oldReport = 15 * time.Second
)

// joins refuses with ErrClock a node, one of some, that starts with a clock that is surely off. A
// clock that is less so is found when the others have reported again; see Run.
func joins(nodes []store.Node, at int) error {
	var ahead []time.Duration // of ours, or behind if negative: as little as can be
	for i, n := range nodes {
		switch by := n.Clock.Sub(nodes[at].Clock); {
		case i == at || n.Clock.IsZero():
		case by < 0:
			ahead = append(ahead, min(0, by+oldReport))
		default:
			ahead = append(ahead, by)
		}
	}
	return off(middle(append(ahead, 0)))
}

// Run looks at the clocks of all nodes from time to time, until ctx ends. While the one of this
// node is off it answers for no token.
func (d *Door) Run(ctx context.Context) {
	if d != nil {
		loop.Every(ctx, lookPause, func(context.Context) { d.look() })
	}
}

func (d *Door) look() {
	list := skews(d.store.Nodes())
	d.skew.Store(int64(middle(list)))
	d.apart.Store(len(list) > 0 && list[len(list)-1]-list[0] > MostSkew)
}

// skews returns by how much the clock of each node is ahead of ours, in order.
func skews(nodes []store.Node) []time.Duration {
	list := make([]time.Duration, len(nodes))
	for i, n := range nodes {
		list[i] = n.Ahead
	}
	slices.Sort(list)
	return list
}

// middle returns the one in the middle, or the lower one of two.
func middle(list []time.Duration) time.Duration {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[(len(list)-1)/2]
}

// off returns ErrClock if the clock in the middle of all nodes is too far ahead of ours, or behind.
func off(by time.Duration) error {
	way := "behind"
	if by < 0 {
		way = "ahead of"
	}
	if by.Abs() <= MostSkew {
		return nil
	}
	return fmt.Errorf("%w: it is %v %s those of the other nodes, and %v are the most: set it right, by NTP or the like",
		ErrClock, by.Abs().Round(time.Second), way, MostSkew)
}

// Clock returns nil while the clock of this node agrees with those of the others, and else an error
// that wraps ErrClock and says by how much it does not.
func (d *Door) Clock() error {
	if d == nil {
		return nil
	}
	return off(time.Duration(d.skew.Load()))
}

// ClocksAgree reports whether the clocks of all nodes agree: what is destroyed by the clock waits
// until they do.
func (d *Door) ClocksAgree() bool { return d == nil || !d.apart.Load() }

// KeepsHouse reports whether this node does what one node does for all.
func (d *Door) KeepsHouse() bool { return d == nil || d.store.KeepsHouse() && d.Clock() == nil }
