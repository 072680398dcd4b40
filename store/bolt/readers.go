package bolt

import (
	"errors"
	"sync"
	"time"

	"tokenscale/store/bolt/boltfile"
)

// ErrSlowBackup means that a backup was read so slowly that the store grew too much meanwhile.
var ErrSlowBackup = errors.New("the backup was read too slowly and is given up, because the store cannot use space again meanwhile")

// readers are the transactions that read at this moment. bbolt keeps every page that the oldest
// of them may look at, so one that does not end makes the file grow without limit.
type readers struct {
	mu   sync.Mutex
	open map[*boltfile.Reader]time.Time // since when
}

// enter notes a reader until leave is called.
func (r *readers) enter(who *boltfile.Reader, now time.Time) (leave func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open == nil {
		r.open = map[*boltfile.Reader]time.Time{}
	}
	r.open[who] = now
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.open, who)
	}
}

// state returns how many there are, and for how long the oldest has been.
func (r *readers) state(now time.Time) (n int, oldest time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, since := range r.open {
		oldest = max(oldest, now.Sub(since))
	}
	return len(r.open), oldest
}
