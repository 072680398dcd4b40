package integrity

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"tokenscale/authority/index"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/loop"
	"tokenscale/store"
)

// While a server runs it reads its whole store again and again, slowly: what
// was read soundly at the start may have been changed since, by a disk or by
// somebody. Each seal is checked, and rows that are also held in memory are
// compared with that, so an older row, sound in itself, is noticed as well. So is
// one that was taken out: the rows of each table are added up.
//
// Nobody waits for it. A transaction reads a few rows and ends, so that no
// space is kept from being used again, and between two of them is a pause.
const (
	scrubEvery = time.Hour
	scrubBatch = 256 // rows in one transaction: less than a millisecond
	// At most 12,800 rows a second, for some 2 percent of one core.
	scrubPause = 20 * time.Millisecond
)

// A Scrubber walks over the store and keeps what was found. It is safe for
// concurrent use.
type Scrubber struct {
	ScrubOptions
	readOnly bool

	mu    sync.Mutex
	known map[string]bool // rows that were reported, by table and key
	sums  sumWalk
	stats ScrubStats

	nextCompare epoch.Millis // for Pass alone
}

// ScrubOptions are what a Scrubber works with. All but RootFromOutside and
// Past are needed.
type ScrubOptions struct {
	DB    store.DB
	Rows  *rows.Rows
	Index *index.Index
	Now   func() epoch.Millis
	Log   *slog.Logger

	RootFromOutside bool // the root token in memory is not the one of the store

	// Past reads what has left the store, and tells of what it finds; nil if nothing can have.
	Past func(context.Context) error
}

// NewScrubber returns a Scrubber that has not read anything.
func NewScrubber(o ScrubOptions) *Scrubber {
	s := &Scrubber{ScrubOptions: o, known: map[string]bool{}, readOnly: errors.Is(o.DB.Err(), store.ErrReadOnly)}
	o.DB.Follow(s.sums.follow)
	return s
}

// ScrubStats are figures of the walks over the store since the server started.
type ScrubStats struct {
	Rows   uint64       // rows that were read
	Passes uint64       // walks that came to the end
	Ended  epoch.Millis // when the last one did; zero before that
	Bad    uint64       // rows that are not what was written, each counted once

	// Different is how many rows of a shared store are not what this node reads, as of when it
	// last compared them.
	Different uint64
}

// Stats returns the figures of this moment. It is cheap.
func (s *Scrubber) Stats() ScrubStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// maxCorrupt bounds the memory for what was found, and the audit entries of it.
const maxCorrupt = 1000

// news counts a bad row and reports whether it has to be told of: once, and
// of not too many.
func (s *Scrubber) news(t store.Table, key []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := string(t) + "\x00" + string(key)
	if s.known[name] || len(s.known) >= maxCorrupt {
		return false
	}
	s.known[name] = true
	s.stats.Bad++
	return true
}

func (s *Scrubber) read(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Rows += uint64(n)
}

func (s *Scrubber) passed(now epoch.Millis) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Passes++
	s.stats.Ended = now
}

// Run walks over the store from time to time, until ctx ends.
func (s *Scrubber) Run(ctx context.Context) {
	loop.Every(ctx, scrubEvery, func(ctx context.Context) {
		if err := s.Pass(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("reading the store again was broken off; it is begun anew in an hour", "err", err)
		}
	})
}

// Pass is one walk, of which there is one at a time. Rows that are not sound are no error of it.
func (s *Scrubber) Pass(ctx context.Context) error {
	for _, t := range rows.Tables() {
		if err := s.sumTable(ctx, t); err != nil {
			return err
		}
	}
	if s.Past != nil {
		if err := s.Past(ctx); err != nil {
			return err
		}
	}
	s.compare(ctx)
	s.passed(s.Now())
	return nil
}

// Batch reads some rows of t, and returns where the next ones begin.
func (s *Scrubber) Batch(ctx context.Context, t store.Table, from []byte) (next []byte, err error) {
	var bad []error
	var suspects [][]byte
	seen := 0
	s.sums.reads()
	err = s.DB.View(ctx, func(r store.Reader) error {
		var sum store.Sum
		if err := r.Scan(t, store.Range{From: from}, func(key, row []byte) error {
			if seen++; seen > scrubBatch {
				next = bytes.Clone(key)
				return store.Stop
			}
			sum = sum.Plus(s.Rows.Keys.Share(t, key, row))
			same, err := s.agrees(t, key, row)
			switch {
			case err != nil:
				bad = append(bad, corrupt(t, key, err))
			case !same:
				suspects = append(suspects, bytes.Clone(key))
			}
			return nil
		}); err != nil {
			return err
		}
		want, err := wanted(r, s.Rows.Keys)
		s.sums.has(sum, next, want[t])
		return err
	})
	s.read(min(seen, scrubBatch))
	for _, key := range suspects {
		if other, e := s.replaced(ctx, t, key); other {
			bad = append(bad, keyring.Damaged(t, key, "its seal is sound, but it is not the row that the server wrote last: an older one was put in its place"))
		} else if err = cmp.Or(err, e); err != nil {
			break
		}
	}
	for _, b := range bad {
		s.Notice(ctx, b)
	}
	return next, err
}

// corrupt names the row that err is about.
func corrupt(t store.Table, key []byte, err error) error {
	if errors.Is(err, keyring.ErrSeal) {
		return err
	}
	return keyring.Damaged(t, key, err.Error())
}
