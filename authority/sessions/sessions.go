package sessions

import (
	"context"
	"sync"
	"time"

	"tokenscale/audit"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// Sessions are those that were signed out and would not be over yet, and when
// each token may begin the next. It is safe for concurrent use.
type Sessions struct {
	db   store.DB
	rows *rows.Rows

	mu sync.RWMutex

	// since is when the store was last put in the place of a newer one, which may
	// have known of more signed out: no session from before counts.
	since epoch.Millis
	ended map[policy.SessionID]epoch.Millis // when each would have been over
	begun map[token.ID]epoch.Millis         // see policy.NextSession
}

// New returns Sessions that follow db from now on. Load has them know what is
// stored.
func New(db store.DB, all *rows.Rows) *Sessions {
	s := &Sessions{
		db: db, rows: all, ended: map[policy.SessionID]epoch.Millis{}, begun: map[token.ID]epoch.Millis{},
	}
	db.Follow(s.follow)
	return s
}

// Load learns what is stored.
func (s *Sessions) Load(r store.Reader) error {
	since, _, err := s.rows.Numbers.Get(r, rows.PutBackKey)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since = epoch.Millis(since)
	return s.rows.EndedSessions.Each(r, store.Range{}, func(key []byte, _ time.Duration) error {
		over, id, _ := rows.ParseSessionKey(key) // which the row was unpacked with
		s.ended[id] = over
		return nil
	})
}

// follow brings committed changes into memory. What was forgotten in the store is
// over.
func (s *Sessions) follow(changes []store.Change) {
	for _, c := range changes {
		if c.Table != rows.SessionsTable {
			continue
		}
		over, id, ok := rows.ParseSessionKey(c.Key)
		switch {
		case !ok:
		case c.Value != nil:
			s.End(id, over)
		default:
			s.mu.Lock()
			delete(s.ended, id)
			s.mu.Unlock()
		}
	}
}

// Ended reports whether a session was signed out, or is from before the store was
// put back.
func (s *Sessions) Ended(v policy.Session) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, ended := s.ended[v.ID]
	return ended || v.IssuedAt < s.since
}

// End ends a session, which would have been over at a moment, until the server
// stops.
func (s *Sessions) End(id policy.SessionID, over epoch.Millis) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended[id] = over
}

// WriteEnd writes down that a session was ended, with its entry, unless that was
// done before. ran is for how long the server has run.
func (s *Sessions) WriteEnd(ctx context.Context, v policy.Session, e audit.Entry, ran time.Duration) error {
	key := rows.SessionKey(v.IssuedAt.Add(policy.SessionLife), v.ID)
	return s.db.Update(ctx, func(w store.Writer) error {
		if _, twice, err := s.rows.EndedSessions.Get(w, key); err != nil || twice {
			return err
		}
		if err := s.rows.EndedSessions.Put(w, key, ran); err != nil {
			return err
		}
		return ledger.New(s.rows).Append(w, e)
	}, store.UseReserve, store.Everywhere)
}

// MayBegin reports how long the token id has to wait before it may begin a
// session; if it need not, it has begun one.
func (s *Sessions) MayBegin(id token.ID, now epoch.Millis) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	next, wait := policy.NextSession(s.begun[id], now)
	s.begun[id] = next
	return wait
}

// Forget forgets the ended sessions that would be over by now, if the server has
// run for a session's life since, whatever its clock says: ran is for how long it
// has in all. It forgets at most so many in one transaction.
func (s *Sessions) Forget(ctx context.Context, now epoch.Millis, ran time.Duration, most int) error {
	for {
		over, err := s.over(ctx, now, ran, most)
		if err != nil {
			return err
		}
		if len(over) == 0 {
			s.forget(now)
			return nil
		}
		if err := s.db.Update(ctx, func(w store.Writer) error {
			for _, key := range over {
				if err := s.rows.EndedSessions.Delete(w, key); err != nil {
					return err
				}
			}
			return nil
		}, store.UseReserve); err != nil {
			return err
		}
	}
}

// over returns the keys of rows that no longer matter.
func (s *Sessions) over(ctx context.Context, now epoch.Millis, ran time.Duration, most int) (keys []string, err error) {
	err = s.db.View(ctx, func(r store.Reader) error {
		keys = keys[:0]
		return s.rows.EndedSessions.Each(r, store.Range{}, func(key []byte, ended time.Duration) error {
			if end, _, _ := rows.ParseSessionKey(key); end > now || len(keys) == most {
				return store.Stop
			}
			if ran >= ended+policy.SessionLife {
				keys = append(keys, string(key))
			}
			return nil
		})
	})
	return keys, err
}

// forget drops from memory what no longer matters at now. Ended sessions that
// stand in the store count as over by then, too; others could not be written.
func (s *Sessions) forget(now epoch.Millis) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, over := range s.ended {
		if over <= now {
			delete(s.ended, id)
		}
	}
	for id, free := range s.begun {
		if free <= now {
			delete(s.begun, id)
		}
	}
}
