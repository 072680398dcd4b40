package tombstones

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"tokenscale/authority/index"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// Tombstones are those of the tokens that ended. They are safe for concurrent use.
type Tombstones struct {
	db   store.DB
	rows *rows.Rows
	live *index.Index

	mu        sync.RWMutex
	byID      map[token.ID]*rows.Tombstone // none of which ever changes
	tried     map[token.ID]bool            // since that was last written down
	unwritten map[token.ID]bool            // what has no row yet: see policies.go
}

// New returns Tombstones that follow db from now on; live holds the tokens there are, and must
// follow db behind them. Load has them know what is stored.
func New(db store.DB, all *rows.Rows, live *index.Index) *Tombstones {
	s := &Tombstones{
		db: db, rows: all, live: live, byID: map[token.ID]*rows.Tombstone{}, tried: map[token.ID]bool{}, unwritten: map[token.ID]bool{},
	}
	db.Follow(s.follow)
	return s
}

// Load learns what is stored.
func (s *Tombstones) Load(r store.Reader) error {
	return s.rows.Tombstones.Each(r, store.Range{}, func(_ []byte, t rows.Tombstone) error {
		s.put(t)
		return nil
	})
}

// follow brings committed changes into memory. A row that does not open is left out: nothing that
// is decided about a token depends on it.
func (s *Tombstones) follow(changes []store.Change) {
	for _, c := range changes {
		if c.Table == rows.SettingsTable && string(c.Key) == rows.PoliciesKey {
			s.followPolicies(c)
		}
		if c.Table != rows.TombstonesTable {
			continue
		}
		if ended, id, _ := rows.ParseTombstoneKey(c.Key); c.Value == nil {
			s.drop(ended, id)
		} else if t, err := s.rows.Tombstones.Decode(c.Key, c.Value); err == nil {
			s.put(t)
		}
	}
}

func (s *Tombstones) put(t rows.Tombstone) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.byID[t.ID]; ok && old.Tried.At > t.Tried.At {
		t.Tried = old.Tried
	}
	s.byID[t.ID] = &t
	delete(s.unwritten, t.ID)
}

func (s *Tombstones) drop(ended epoch.Millis, id token.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.byID[id]; ok && t.At == ended {
		delete(s.byID, id)
		delete(s.tried, id)
		delete(s.unwritten, id)
	}
}

// Find returns the tombstone of the token id, or nil. It must not be changed.
func (s *Tombstones) Find(id token.ID) *rows.Tombstone {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.byID[id]
}

// Len returns how many there are.
func (s *Tombstones) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.byID)
}

// Tried notes that the string of the token id, if that has ended, was shown. It waits for no disk.
func (s *Tombstones) Tried(id token.ID, at epoch.Millis, from netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.byID[id]; ok {
		next := *t
		next.Tried = rows.Use{At: at, From: from}
		s.byID[id], s.tried[id] = &next, true
	}
}

// Flush writes down when strings were last shown: of each at most once, however often they were,
// and of so many in one transaction.
func (s *Tombstones) Flush(ctx context.Context, most int) error {
	for batch := range slices.Chunk(s.takeTried(), most) {
		if err := s.db.Update(ctx, func(w store.Writer) error { return s.write(w, batch) }); err != nil {
			s.putBack(batch)
			return err
		}
	}
	return nil
}

func (s *Tombstones) takeTried() []rows.Tombstone {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]rows.Tombstone, 0, len(s.tried))
	for id := range s.tried {
		if !s.unwritten[id] {
			all = append(all, *s.byID[id])
			delete(s.tried, id)
		}
	}
	return all
}

func (s *Tombstones) putBack(batch []rows.Tombstone) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range batch {
		s.tried[t.ID] = true
	}
}

func (s *Tombstones) write(w store.Writer, batch []rows.Tombstone) error {
	for _, t := range batch {
		old, there, err := s.rows.Tombstones.Get(w, t.Key())
		if err != nil {
			return err
		}
		if !there || old.Tried.At > t.Tried.At { // it is gone, or another node has seen a later one
			continue
		}
		if err := s.rows.Tombstones.Put(w, t.Key(), t); err != nil {
			return err
		}
	}
	return nil
}

// Forget removes what was kept for long enough, and of more than so many the oldest, so many in one
// transaction.
func (s *Tombstones) Forget(ctx context.Context, now epoch.Millis, most int) error {
	for batch := range slices.Chunk(s.over(now), most) {
		if err := s.db.Update(ctx, func(w store.Writer) error {
			for _, key := range batch {
				if err := s.rows.Tombstones.Delete(w, key); err != nil {
					return err
				}
			}
			return nil
		}, store.UseReserve); err != nil {
			return err
		}
		for _, key := range batch { // those without a row, of which no follower is told
			if ended, id, ok := rows.ParseTombstoneKey([]byte(key)); ok {
				s.drop(ended, id)
			}
		}
	}
	return nil
}

// over returns the keys of those that go, the oldest first.
func (s *Tombstones) over(now epoch.Millis) []string {
	all := s.all()
	slices.SortFunc(all, func(a, b rows.Tombstone) int { return strings.Compare(a.Key(), b.Key()) })
	var keys []string
	for i, t := range all {
		if policy.EndedForLong(t.At, now) || i < len(all)-policy.MostEnded {
			keys = append(keys, t.Key())
		}
	}
	return keys
}

func (s *Tombstones) all() []rows.Tombstone {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]rows.Tombstone, 0, len(s.byID))
	for _, t := range s.byID {
		all = append(all, *t)
	}
	return all
}
