package authority

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"tokenscale/audit"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// sessions are what is known of the page's sessions beside their cookies: those
// that were signed out and would not be over yet, and when each token may begin
// the next. It is safe for concurrent use.
type sessions struct {
	mu    sync.RWMutex
	ended map[policy.SessionID]epoch.Millis // when each would have been over
	begun map[token.ID]epoch.Millis         // see policy.NextSession

	// since is when the store was last put in the place of a newer one, which may
	// have known of more signed out: no session from before counts. It is set
	// before the first request.
	since epoch.Millis
}

// signOutAction stands in the audit entries of ended sessions.
const signOutAction = "signOut"

func (s *sessions) isEnded(session policy.Session) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, ended := s.ended[session.ID]
	return ended || session.IssuedAt < s.since
}

func (s *sessions) end(id policy.SessionID, over epoch.Millis) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended == nil {
		s.ended = map[policy.SessionID]epoch.Millis{}
	}
	s.ended[id] = over
}

// mayBegin reports how long the token id has to wait before it may begin a
// session; if it need not, it has begun one.
func (s *sessions) mayBegin(id token.ID, now epoch.Millis) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.begun == nil {
		s.begun = map[token.ID]epoch.Millis{}
	}
	next, wait := policy.NextSession(s.begun[id], now)
	s.begun[id] = next
	return wait
}

// follow brings committed changes into memory. What was forgotten in the store is
// over.
func (s *sessions) follow(changes []store.Change) {
	for _, c := range changes {
		if c.Table != rows.SessionsTable {
			continue
		}
		over, id, ok := rows.ParseSessionKey(c.Key)
		switch {
		case !ok:
		case c.Value != nil:
			s.end(id, over)
		default:
			s.restore(id)
		}
	}
}

func (s *sessions) restore(id policy.SessionID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.ended, id)
}

// forget drops what no longer matters at now. Ended sessions that stand in the
// store go with their rows; others, which could not be written, go here.
func (s *sessions) forget(now epoch.Millis) {
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

func (a *Authority) loadEndedSessions(r store.Reader) error {
	since, _, err := a.rows.Numbers.Get(r, rows.PutBackKey)
	if err != nil {
		return err
	}
	a.sessions.since = epoch.Millis(since)
	return a.rows.EndedSessions.Each(r, store.Range{}, func(key []byte, _ time.Duration) error {
		over, id, _ := rows.ParseSessionKey(key) // unpackSessionEnd has read it
		a.sessions.end(id, over)
		return nil
	})
}

// BeginSession returns a session for an actor that has just been verified. If
// its token has begun very many lately there is none, and wait is how long to
// wait for one; otherwise wait is zero. If the token is gone meanwhile the error
// is a fault with the code Unauthenticated.
func (a *Authority) BeginSession(by policy.Actor) (s policy.Session, wait time.Duration, err error) {
	s = policy.Session{Token: by.ID, IssuedAt: a.clock()}
	var there bool
	if s.Mark, there = a.markOf(by); !there {
		return policy.Session{}, 0, fault.New(fault.Unauthenticated, "The supplied authentication is invalid")
	}
	if wait = a.sessions.mayBegin(by.ID, s.IssuedAt); wait > 0 {
		return policy.Session{}, wait, nil
	}
	if _, err := io.ReadFull(a.random, s.ID[:]); err != nil {
		return policy.Session{}, 0, fmt.Errorf("making the id of a session: %w", err)
	}
	return s, 0, nil
}

func (a *Authority) markOf(by policy.Actor) (mark [8]byte, ok bool) {
	if by.Root {
		kept, ok := a.index.Root()
		return kept.Digest.Mark(), ok
	}
	entry, ok := a.index.Find(by.ID)
	return markOf(entry), ok
}

// EndSession ends one session for good, over restarts too, with an audit entry;
// by says where the request to do so came from, and which it is. A session that
// is dead already stays so, and nothing is written.
//
// It binds at once, even if it cannot be written down: then it binds until the
// server stops, and the error is a fault that says so.
func (a *Authority) EndSession(ctx context.Context, s policy.Session, by policy.Actor) error {
	now := a.clock()
	holder, outcome := a.resume(s, by.IP, now)
	switch outcome {
	// The token may be good again elsewhere, or later.
	case policy.Accepted, policy.Filtered, policy.Unreadable, policy.Damaged:
	default:
		return nil
	}
	holder.IP, holder.RequestID = by.IP, by.RequestID
	over := s.IssuedAt.Add(policy.SessionLife)
	a.sessions.end(s.ID, over)
	err := a.writeEnd(ctx, s, audit.Entry{
		Time: now, Type: audit.SessionEnded, Action: signOutAction, Actor: ledger.Actor(holder), TokenID: string(s.Token),
		Fields: []audit.Field{audit.One("sessionBegan", s.IssuedAt.String())},
	})
	if err != nil {
		err = fault.New(fault.Unavailable, "This session has ended, but that could not be written down: %v After a restart of the server a copy of its cookie would count again, until %s.", a.explain(ctx, err), over)
	}
	a.counts.command(signOutAction, fault.CodeOf(err), err == nil)
	return err
}

func (a *Authority) writeEnd(ctx context.Context, s policy.Session, e audit.Entry) error {
	if a.verifyOnly {
		line, err := json.Marshal(e)
		a.log.WarnContext(ctx, "a session was signed out and counts until the next start only, because the disk is read-only", "entry", string(line))
		return cmp.Or(err, store.ErrReadOnly)
	}
	ctx = context.WithoutCancel(ctx) // who leaves at once is signed out all the same
	ran := a.time.Running()
	key := rows.SessionKey(s.IssuedAt.Add(policy.SessionLife), s.ID)
	return a.store.Update(ctx, func(w store.Writer) error {
		if _, twice, err := a.rows.EndedSessions.Get(w, key); err != nil || twice {
			return err
		}
		if err := a.rows.EndedSessions.Put(w, key, ran); err != nil {
			return err
		}
		return a.ledger.Append(w, e)
	}, store.UseReserve)
}

// ForgetSessions forgets the ended sessions that would be over by now, if the
// server has run for a session's life since, whatever its clock says. It is safe
// for concurrent use.
func (a *Authority) ForgetSessions(ctx context.Context) error {
	now, ran := a.clock(), a.time.Running()
	for most := a.batchSize(houseBatch, 1); ; {
		var over []string
		if err := a.store.View(ctx, func(r store.Reader) error {
			over = over[:0]
			return a.rows.EndedSessions.Each(r, store.Range{}, func(key []byte, ended time.Duration) error {
				if end, _, _ := rows.ParseSessionKey(key); end > now || len(over) == most {
					return store.Stop
				}
				if ran >= ended+policy.SessionLife {
					over = append(over, string(key))
				}
				return nil
			})
		}); err != nil {
			return err
		}
		if len(over) == 0 {
			a.sessions.forget(now)
			return nil
		}
		if err := a.store.Update(ctx, func(w store.Writer) error {
			for _, key := range over {
				if err := a.rows.EndedSessions.Delete(w, key); err != nil {
					return err
				}
			}
			return nil
		}, store.UseReserve); err != nil {
			return err
		}
	}
}
