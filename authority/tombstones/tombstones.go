package tombstones

import (
	"cmp"
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
	lines     map[token.Number][]token.ID  // the ids in byID of those that were rotated
	tried     map[token.ID]bool            // since that was last written down
	early     map[token.ID]rows.Use        // of tokens that have expired and have no tombstone yet
	unwritten map[token.ID]bool            // what has no row yet: see policies.go
}

// New returns Tombstones that follow db from now on; live holds the tokens there are, and must
// follow db behind them. Load has them know what is stored.
func New(db store.DB, all *rows.Rows, live *index.Index) *Tombstones {
	s := &Tombstones{
		db: db, rows: all, live: live, byID: map[token.ID]*rows.Tombstone{}, lines: map[token.Number][]token.ID{},
		tried: map[token.ID]bool{}, early: map[token.ID]rows.Use{}, unwritten: map[token.ID]bool{},
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
	old, known := s.byID[t.ID]
	if known && old.Tried.At > t.Tried.At {
		t.Tried = old.Tried
	}
	if early, ok := s.early[t.ID]; ok && early.At > t.Tried.At {
		t.Tried, s.tried[t.ID] = early, true
	}
	delete(s.early, t.ID)
	if known && old.ReplacedBy != "" {
		s.leaveLine(old)
	}
	s.know(t)
	delete(s.unwritten, t.ID)
}

func (s *Tombstones) drop(ended epoch.Millis, id token.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.byID[id]
	if !ok || t.At != ended {
		return
	}
	delete(s.byID, id)
	delete(s.tried, id)
	delete(s.unwritten, id)
	s.leaveLine(t)
}

// know adds t to those in memory.
func (s *Tombstones) know(t rows.Tombstone) {
	s.byID[t.ID] = &t
	if t.ReplacedBy != "" {
		s.lines[t.Number] = append(s.lines[t.Number], t.ID)
	}
}

func (s *Tombstones) leaveLine(t *rows.Tombstone) {
	line := slices.DeleteFunc(s.lines[t.Number], func(one token.ID) bool { return one == t.ID })
	if s.lines[t.Number] = line; len(line) == 0 {
		delete(s.lines, t.Number)
	}
}

// UsedBefore returns which string that v had before its own, of those that have ended, was used
// last, and when; nothing if none was.
func (s *Tombstones) UsedBefore(v token.Token) (id token.ID, last rows.Use) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, one := range s.lines[v.Number] {
		t := s.byID[one]
		if one == v.ID || t.IssuedAt > v.IssuedAt || t.Used.At == 0 {
			continue
		}
		// Of two used at once any will do, but each node and each start says the same.
		if newer := cmp.Or(cmp.Compare(t.Used.At, last.At), strings.Compare(string(one), string(id))); newer > 0 {
			id, last = one, t.Used
		}
	}
	return id, last
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

// TriedEarly notes that the string of the token id was shown, which has expired, but is not among
// those that ended yet: that is remembered until it is.
func (s *Tombstones) TriedEarly(id token.ID, at epoch.Millis, from netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.byID[id]; !ok && len(s.early) < policy.MostEnded {
		s.early[id] = rows.Use{At: at, From: from}
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
