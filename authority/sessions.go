package authority

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"tokenscale/audit"
	"tokenscale/authority/ledger"
	"tokenscale/fault"
	"tokenscale/policy"
	"tokenscale/store"
)

// signOutAction stands in the audit entries of ended sessions.
const signOutAction = "signOut"

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
	if wait = a.sessions.MayBegin(by.ID, s.IssuedAt); wait > 0 {
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
	a.sessions.End(s.ID, over)
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
	return a.sessions.WriteEnd(ctx, s, e, a.time.Running())
}

// ForgetSessions forgets the ended sessions that would be over by now, if the
// server has run for a session's life since, whatever its clock says. It is safe
// for concurrent use.
func (a *Authority) ForgetSessions(ctx context.Context) error {
	return a.sessions.Forget(ctx, a.clock(), a.time.Running(), a.batchSize(backgroundBatch, 1))
}
