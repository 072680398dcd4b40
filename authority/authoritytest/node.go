package authoritytest

import (
	"context"
	"sync"

	"tokenscale/store"
)

// A Node is a store that other nodes may have open as well, over one that this process has. It
// hears of what is committed when it asks, and proves that it is not behind unless the test says
// otherwise. It is safe for concurrent use.
type Node struct {
	store.DB

	mu     sync.Mutex
	news   []func()
	cutOff bool
	other  int
}

var _ store.Shared = (*Node)(nil)

// CutOff has the node prove nothing and hear of nothing while it is true.
func (n *Node) CutOff(is bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cutOff = is
}

// Follow implements store.DB.
func (n *Node) Follow(fn func([]store.Change)) {
	n.DB.Follow(func(c []store.Change) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.news = append(n.news, func() { fn(c) })
	})
}

// Proven implements store.Shared.
func (n *Node) Proven() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cutOff {
		return store.ErrNotProven
	}
	return nil
}

// Refresh implements store.Shared.
func (n *Node) Refresh(context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cutOff {
		return store.ErrUnavailable
	}
	for _, tell := range n.news {
		tell()
	}
	n.news = nil
	return nil
}

// Update implements store.DB. What this node changes it knows at once.
func (n *Node) Update(ctx context.Context, fn func(store.Writer) error, how ...store.Option) error {
	err := n.DB.Update(ctx, fn, how...)
	_ = n.Refresh(ctx) // or it is cut off
	return err
}

// Nodes implements store.Shared.
func (n *Node) Nodes() []store.Node { return []store.Node{{Name: "a"}} }

// Silent implements store.Shared.
func (n *Node) Silent() []string { return nil }

// Alarms implements store.Shared.
func (n *Node) Alarms() []string { return nil }

// Describe implements store.Shared.
func (n *Node) Describe(func() store.Node) {}

// Differ has Compare find that many rows.
func (n *Node) Differ(rows int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.other = rows
}

// Compare implements store.Shared.
func (n *Node) Compare(context.Context) (int, error) {
	if err := n.Proven(); err != nil {
		return 0, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.other, nil
}

// KeepsHouse implements store.Shared.
func (n *Node) KeepsHouse() bool { return n.Proven() == nil }
