package etcd

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tokenscale/loop"
	"tokenscale/store"
	"tokenscale/store/overlay"
)

// When the file of one member has come to its quota, etcd refuses all that is written, until
// somebody has made room and disarmed its alarm: no token could be revoked. So this store stops
// long before, first with what it can do without and then with all but what takes rights away.
const (
	quotaMakes   = 85 // percent of the quota at which only what has store.UseReserve goes on
	quotaRevokes = 95 // and at which it must have store.Everywhere as well

	// quotaHoles is how much more of the quota the file may take than its data, in percent: etcd
	// fills the holes in it, and gives none of them back before it is defragmented.
	quotaHoles = 5

	quotaLook = 10 * time.Second // between two looks at the members
	quotaNear = time.Second      // the same when one is not far from that
)

// A quota is how full the fullest of the members is.
type quota struct {
	percent atomic.Int64

	mu              sync.Mutex
	size, used, max int64    // bytes, of that member
	silent          []string // the members that did not answer
}

// keepMeasuring asks the members how full they are, until the store is closed.
func (db *DB) keepMeasuring() {
	for db.alive.Err() == nil {
		db.measure(db.alive)
		rest := quotaLook
		if db.quota.percent.Load() >= quotaMakes-15 {
			rest = quotaNear
		}
		if every := db.options.controls.quotaLook; every != 0 {
			rest = every
		}
		_ = loop.Rest(db.alive, rest)
	}
}

// measure asks each member. One that does not answer is as full as it was.
func (db *DB) measure(ctx context.Context) {
	worst, found := int64(0), false
	var silent []string
	for _, endpoint := range db.options.Endpoints {
		ctx, cancel := context.WithTimeout(ctx, db.options.Timeout)
		s, err := db.client.Status(ctx, endpoint)
		cancel()
		if err != nil {
			silent = append(silent, endpoint)
			continue
		}
		if s.DbSizeQuota <= 0 {
			continue
		}
		percent := max(s.DbSizeInUse*100/s.DbSizeQuota, s.DbSize*100/s.DbSizeQuota-quotaHoles)
		if !found || percent > worst {
			worst, found = percent, true
			db.quota.mu.Lock()
			db.quota.size, db.quota.used, db.quota.max = s.DbSize, percent*s.DbSizeQuota/100, s.DbSizeQuota
			db.quota.mu.Unlock()
		}
	}
	if found {
		db.quota.percent.Store(worst)
	}
	db.quota.mu.Lock()
	defer db.quota.mu.Unlock()
	db.quota.silent = silent
}

// Silent implements store.Shared.
func (db *DB) Silent() []string {
	db.quota.mu.Lock()
	defer db.quota.mu.Unlock()
	return slices.Clone(db.quota.silent)
}

// admits returns an error, which wraps store.ErrFull, if etcd is too full for what a batch does.
func (db *DB) admits(b *overlay.Batch) error {
	percent := db.quota.percent.Load()
	switch {
	case db.options.controls.noQuota || percent < quotaMakes:
		return nil
	case percent < quotaRevokes && b.MayUseReserve():
		return nil
	case b.MayUseReserve() && b.Everywhere():
		return nil
	}
	return fmt.Errorf("%w: etcd is at %d percent of its quota; compact and defragment it, or raise --quota-backend-bytes", store.ErrFull, percent)
}

// fill puts how full etcd is into s.
func (q *quota) fill(s *store.Stats) {
	q.mu.Lock()
	defer q.mu.Unlock()
	s.Size, s.Used, s.MaxSize, s.Reserve = q.size, q.used, q.max, q.max/100*(100-quotaMakes)
}
