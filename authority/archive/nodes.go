package archive

import (
	"fmt"

	"tokenscale/authority/rows"
	"tokenscale/store"
)

// Where several nodes have the store open, each builds the file of the next segment from its own
// copy of the rows, and says so of itself. The node that keeps house lets the rows go when all say
// the same: from then on each can read them without the others.

// Held returns which segment this node holds the file of that has not left the store yet, as nodes
// tell it to each other; nothing if none. It is cheap.
func (a *Archiver) Held() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.held
}

// agreed notes that this node holds the file of a segment, and reports whether it may leave.
func (a *Archiver) agreed(seg rows.Segment) bool {
	held := fmt.Sprintf("%d:%x", seg.Number, seg.SHA256)
	a.mu.Lock()
	a.held = held
	a.mu.Unlock()
	shared, ok := a.DB.(store.Shared)
	if !ok {
		return true
	}
	if !shared.KeepsHouse() {
		return false
	}
	for _, n := range shared.Nodes() {
		if n.Segment != held {
			return false
		}
	}
	return true
}
