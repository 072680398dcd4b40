package integrity

import (
	"context"
	"time"

	"tokenscale/epoch"
	"tokenscale/store"
)

// compareEvery is how often nodes compare what they read with the store that they share. A row
// that changed there unnoticed, on the disks of its members, is read by nobody until a node is new.
const compareEvery = epoch.Millis(24 * time.Hour / time.Millisecond)

// compare compares all rows with those of the store, on one node for all, once a day. What cannot
// be asked now is asked after the next walk.
func (s *Scrubber) compare(ctx context.Context) {
	shared, ok := s.DB.(store.Shared)
	if !ok || !shared.KeepsHouse() || s.Now() < s.nextCompare {
		return
	}
	different, err := shared.Compare(ctx)
	if err != nil {
		s.Log.Warn("the rows of the store could not be compared with those of this node", "err", err)
		return
	}
	s.nextCompare = s.Now() + compareEvery
	if different > 0 {
		s.Log.Error("rows of the store are not what this node reads; tokenscale doctor tells more", "rows", different)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Different = uint64(different)
}
