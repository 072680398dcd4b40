package bolt

import (
	"time"

	"tokenscale/store"
)

// Stats implements store.DB.
func (db *DB) Stats() store.Stats {
	used, err := db.used()
	if err != nil {
		used = 0 // closed or damaged; the other figures still hold
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	s := db.stats
	if !db.begun.IsZero() {
		s.Underway = db.options.Now().Sub(db.begun)
	}
	s.Size = db.handle.Load().size.Load()
	s.Used = used
	s.MaxSize, s.Reserve = db.options.MaxSize, db.options.Reserve
	s.Queued = len(db.queue)
	s.Refused = db.refused.Load()
	s.Readers, s.OldestRead = db.readers.state(db.options.Now())
	return s
}

// count takes note of a batch that was committed.
func (db *DB) count(b *batch) {
	good := 0
	for _, c := range b.calls {
		if c.err == nil && len(c.changes) > 0 {
			good++
		}
	}
	if good == 0 {
		return
	}
	ended := db.options.Now()
	db.mu.Lock()
	defer db.mu.Unlock()
	s := &db.stats
	s.Commits++
	s.Updates += uint64(good)
	s.Rows += uint64(b.changed.rows)
	s.LastBatch = good
	s.MaxBatch = max(s.MaxBatch, good)
	s.LastCommit = ended
	s.LastDuration = ended.Sub(b.begun)
	s.MaxDuration = max(s.MaxDuration, s.LastDuration)
	s.Duration += s.LastDuration
}

// countCompaction takes note of a file that took the place of another.
func (db *DB) countCompaction() {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.stats.Compactions++
}

// underway takes note that a batch has begun, or with a zero time that it has
// ended.
func (db *DB) underway(begun time.Time) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.begun = begun
}
