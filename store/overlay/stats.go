package overlay

import (
	"time"

	"tokenscale/store"
)

// Stats returns the figures of a store that are about its transactions.
func (c *Committer) Stats() store.Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stats
	if !c.begun.IsZero() {
		s.Underway = c.settings.Now().Sub(c.begun)
	}
	s.Queued = len(c.queue)
	s.Refused = c.refused.Load()
	return s
}

// count takes note of a batch that was committed.
func (c *Committer) count(b *Batch) {
	good := 0
	for _, caller := range b.calls {
		if caller.err == nil && len(caller.changes) > 0 {
			good++
		}
	}
	if good == 0 {
		return
	}
	ended := c.settings.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.stats
	s.Commits++
	s.Updates += uint64(good)
	s.Rows += uint64(b.Changed.Rows)
	s.LastBatch = good
	s.MaxBatch = max(s.MaxBatch, good)
	s.LastCommit = ended
	s.LastDuration = ended.Sub(b.begun)
	s.MaxDuration = max(s.MaxDuration, s.LastDuration)
	s.Duration += s.LastDuration
}

// underway takes note that a batch has begun, or with a zero time that it has ended.
func (c *Committer) underway(begun time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begun = begun
}
