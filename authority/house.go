package authority

import (
	"context"
	"time"

	"tokenscale/audit"
	"tokenscale/authority/index"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// keepHouse removes expired tokens and idempotency keys, writes last uses and
// counted refusals, takes up a sweep that could not end, and tells of tokens that
// will expire soon, until the authority closes.
func (a *Authority) keepHouse() {
	tick := time.NewTicker(a.pause)
	defer tick.Stop()
	for {
		select {
		case <-a.alive.Done():
			return
		case <-tick.C:
			a.round(a.alive)
		}
	}
}

func (a *Authority) round(ctx context.Context) {
	for _, task := range []struct {
		name  string
		do    func(context.Context) error
		store bool // for a store that takes changes
	}{
		{"removing expired tokens", a.RemoveExpired, true},
		{"forgetting idempotency keys", a.ForgetKeys, true},
		{"forgetting ended sessions", a.ForgetSessions, true},
		{"writing last uses", a.flushUses, false},
		{"writing counted refusals", a.flushRefusals, false},
		{"writing refused changes", a.flushDenials, false},
		{"writing who has read what", a.flushReads, false},
		{"finishing a change of the security policies", a.sweepIfLeft, true},
		{"telling of tokens that will expire soon", a.WarnOfExpiry, true},
		{"looking for long reads", a.tellLongReads, false},
	} {
		if task.store && a.verifyOnly {
			continue
		}
		if err := task.do(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("housekeeping failed; it is tried again", "task", task.name, "err", err)
		}
	}
}

// LongRead is how long one read of the store may take before somebody should
// look what it does: the store cannot use space again while it lasts.
const LongRead = 10 * time.Second

func (a *Authority) tellLongReads(context.Context) error {
	if s := a.store.Stats(); s.OldestRead > LongRead {
		a.log.Warn("a read of the store has lasted long, and its file grows meanwhile; a backup that is read slowly?", "for", s.OldestRead, "size", s.Size)
	}
	return nil
}

func (a *Authority) sweepIfLeft(ctx context.Context) error {
	p, err := a.Progress(ctx, policy.RootActor())
	if err != nil || !p.Running {
		return err
	}
	return a.sweeper.finish(ctx)
}

// What is done in the background, batch by batch, so that no request waits
// long for it.
const houseBatch = 500

// keepExpired is how long an expired token is still listed, as in LogScale.
const keepExpired = 5 * time.Minute

// expireAction stands in the audit entries of removed tokens.
const expireAction = "removeExpiredTokens"

// RemoveExpired removes the tokens that certainly expired at least 5 minutes
// ago, each with an audit entry; none while the machine's clock is behind. See
// ClockState. It is safe for concurrent use.
func (a *Authority) RemoveExpired(ctx context.Context) error {
	for {
		certain, ok := a.time.certain()
		if !ok {
			return nil
		}
		now, due := a.clock(), certain.Add(-keepExpired)
		ids := a.index.DueBefore(due+1, a.batchSize(houseBatch, rowsOfToken))
		if len(ids) == 0 {
			return nil
		}
		removed := 0
		if err := a.store.Update(ctx, func(w store.Writer) (err error) {
			removed, err = a.removeDue(w, ids, due, now)
			return err
		}, store.UseReserve); err != nil {
			return err
		}
		if removed == 0 {
			return nil // they changed meanwhile; the next round sees
		}
	}
}

func (a *Authority) removeDue(w store.Writer, ids []token.ID, due, now epoch.Millis) (removed int, err error) {
	t := &tx{Writer: w, rows: a.rows, ledger: a.ledger, now: now}
	var entries []audit.Entry
	for _, id := range ids {
		v, ok, err := t.rows.Tokens.Get(t, string(id))
		if err != nil {
			return 0, err
		}
		if !ok || !v.Expired(due) { // it changed meanwhile
			continue
		}
		if err := t.rows.RemoveStored(t, v); err != nil {
			return 0, err
		}
		entries = append(entries, audit.Entry{
			Time: now, Type: audit.TokenExpired, Action: expireAction, Actor: audit.System(), TokenID: string(id),
			Fields: []audit.Field{audit.One("tokenName", v.Name), audit.One("expireAt", expiry(v.ExpireAt))},
		})
	}
	return len(entries), t.ledger.AppendAll(t, entries)
}

// flushUses writes when tokens were last used: each token at most once a
// round, however often it was used. Where nothing can be written they stay in
// memory.
func (a *Authority) flushUses(ctx context.Context) error {
	if a.verifyOnly {
		return nil
	}
	uses := a.index.TakeUsed()
	for len(uses) > 0 {
		batch, t := uses[:min(a.batchSize(houseBatch, 1), len(uses))], a.time.toSave()
		if err := a.store.Update(ctx, func(w store.Writer) error { return a.writeUses(w, batch, t) }); err != nil {
			a.index.PutBackUsed(uses)
			return err
		}
		a.time.wasSaved(t)
		uses = uses[len(batch):]
	}
	return nil
}

func (a *Authority) writeUses(w store.Writer, uses []index.Use, t savedTime) error {
	if err := putTime(a.rows, w, t); err != nil {
		return err
	}
	for _, u := range uses {
		row, err := w.Get(rows.TokensTable, []byte(u.ID))
		if err != nil {
			return err
		}
		if row == nil { // deleted meanwhile
			continue
		}
		if err := a.rows.Uses.Put(w, string(u.ID), rows.Use{At: u.At, From: u.From}); err != nil {
			return err
		}
	}
	return nil
}
