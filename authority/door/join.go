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

// ErrKeys means that another node could not read what this one would write.
var ErrKeys = errors.New("this node has another key file")

// Join refuses a node, by its name, that must not serve beside the others: with ErrClock one whose
// clock is surely off, and with ErrKeys one whose newest key, by its id, another node lacks.
func (d *Door) Join(ctx context.Context, self, key string) error {
	if d == nil || self == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, freshTime)
	defer cancel()
	nodes := d.store.Nodes()
	at := among(nodes, self)
	for ; at < 0; at = among(nodes, self) {
		if loop.Rest(ctx, 10*time.Millisecond) != nil {
			return nil // it has joined, and has not heard so yet
		}
		nodes = d.store.Nodes()
	}
	for i, n := range nodes {
		if i != at && len(n.Keys) > 0 && !slices.Contains(n.Keys, key) {
			return fmt.Errorf("%w: it would seal rows under the key %s, which the node %s does not have. Give all nodes the same key file", ErrKeys, key, n.Name)
		}
	}
	return joins(nodes, at)
}

func among(nodes []store.Node, name string) int {
	return slices.IndexFunc(nodes, func(n store.Node) bool { return n.Name == name })
}
