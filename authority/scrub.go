package authority

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/store"
)

// While a server runs it reads its whole store again and again, slowly: what
// was read soundly at the start may have been changed since, by a disk or by
// somebody. Each seal is checked, and rows that are also held in memory are
// compared with that, so an older row, sound in itself, is noticed as well.
//
// Nobody waits for it. A transaction reads a few rows and ends, so that no
// space is kept from being used again, and between two of them is a pause.
const (
	scrubEvery = time.Hour
	scrubBatch = 256                   // rows in one transaction: less than a millisecond
	scrubPause = 20 * time.Millisecond // at most 12,800 rows a second, for some 2 percent of one core
)

// A scrubber keeps what was found.
type scrubber struct {
	mu    sync.Mutex
	known map[string]bool // rows that were reported, by table and key
	ScrubStats
}

// ScrubStats are figures of the walks over the store since the server started.
type ScrubStats struct {
	Rows   uint64       // rows that were read
	Passes uint64       // walks that came to the end
	Ended  epoch.Millis // when the last one did; zero before that
	Bad    uint64       // rows that are not what was written, each counted once
}

func newScrubber() *scrubber { return &scrubber{known: map[string]bool{}} }

func (s *scrubber) figures() ScrubStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ScrubStats
}

// maxUnsound bounds the memory for what was found, and the audit entries of it.
const maxUnsound = 1000

// news counts a bad row and reports whether it has to be told of: once, and
// of not too many.
func (s *scrubber) news(t store.Table, key []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := string(t) + "\x00" + string(key)
	if s.known[name] || len(s.known) >= maxUnsound {
		return false
	}
	s.known[name] = true
	s.Bad++
	return true
}

func (s *scrubber) read(rows int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Rows += uint64(rows)
}

func (s *scrubber) passed(now epoch.Millis) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Passes++
	s.Ended = now
}

// scrubHourly walks over the store from time to time, until the authority
// closes.
func (a *Authority) scrubHourly() {
	tick := time.NewTicker(scrubEvery)
	defer tick.Stop()
	for {
		select {
		case <-a.alive.Done():
			return
		case <-tick.C:
		}
		if err := a.scrubAll(a.alive); err != nil && a.alive.Err() == nil {
			a.log.Error("reading the store again was broken off; it is begun anew in an hour", "err", err)
		}
	}
}

// scrubAll is one walk. Rows that are not sound are no error of it.
func (a *Authority) scrubAll(ctx context.Context) error {
	for _, t := range rows.Tables() {
		for from, more := []byte(nil), true; more; more = from != nil {
			next, err := a.scrubSome(ctx, t, from)
			if err != nil {
				return err
			}
			if err := rest(ctx, scrubPause); err != nil {
				return err
			}
			from = next
		}
	}
	a.scrub.passed(a.clock())
	return nil
}

// rest waits, or until ctx ends.
func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// scrubSome reads some rows of t, and returns where the next ones begin.
func (a *Authority) scrubSome(ctx context.Context, t store.Table, from []byte) (next []byte, err error) {
	var bad []error
	var suspects [][]byte
	seen := 0
	err = a.store.View(ctx, func(r store.Reader) error {
		return r.Scan(t, store.Range{From: from}, func(key, row []byte) error {
			if seen++; seen > scrubBatch {
				next = bytes.Clone(key)
				return store.Stop
			}
			same, err := a.agrees(t, key, row)
			switch {
			case err != nil:
				bad = append(bad, unsound(t, key, err))
			case !same:
				suspects = append(suspects, bytes.Clone(key))
			}
			return nil
		})
	})
	a.scrub.read(min(seen, scrubBatch))
	for _, key := range suspects {
		if foreign, e := a.foreign(ctx, t, key); foreign {
			bad = append(bad, keyring.Damaged(t, key, "its seal is sound, but it is not the row that the server wrote last: an older one was put in its place"))
		} else if err = cmp.Or(err, e); err != nil {
			break
		}
	}
	for _, b := range bad {
		a.noticed(ctx, b)
	}
	return next, err
}

// unsound names the row that err is about.
func unsound(t store.Table, key []byte, err error) error {
	if errors.Is(err, keyring.ErrSeal) {
		return err
	}
	return keyring.Damaged(t, key, err.Error())
}
