package authority

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"tokenscale/audit"
	"tokenscale/authority/index"
	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// What is done in the background, batch by batch, so that no request waits
// long for it.
const houseBatch = 500

// keepExpired is how long an expired token is still listed, as in LogScale.
const keepExpired = 5 * time.Minute

// expireAction stands in the audit entries of removed tokens.
const expireAction = "removeExpiredTokens"

// RemoveExpired removes the tokens that expired at least 5 minutes ago, each
// with an audit entry; none while the machine's clock is in doubt. It is safe
// for concurrent use.
func (a *Authority) RemoveExpired(ctx context.Context) error {
	for a.time.mayRemove() {
		now := a.clock()
		due := now.Add(-keepExpired)
		ids := a.index.DueBefore(due+1, houseBatch)
		if len(ids) == 0 {
			return nil
		}
		removed := 0
		if err := a.store.Update(store.UseReserve(ctx), func(w store.Writer) (err error) {
			removed, err = a.removeDue(w, ids, due, now)
			return err
		}); err != nil {
			return err
		}
		if removed == 0 {
			return nil // they changed meanwhile; the next round sees
		}
	}
	return nil
}

func (a *Authority) removeDue(w store.Writer, ids []token.ID, due, now epoch.Millis) (removed int, err error) {
	t := &tx{records: a.records, Writer: w, now: now}
	var entries []audit.Entry
	for _, id := range ids {
		v, ok, err := t.tokens.get(t, string(id))
		if err != nil {
			return 0, err
		}
		if !ok || !v.Expired(due) { // it changed meanwhile
			continue
		}
		if err := t.removeStored(v); err != nil {
			return 0, err
		}
		entries = append(entries, audit.Entry{
			Time: now, Type: audit.TokenExpired, Action: expireAction, Actor: audit.System(), TokenID: string(id),
			Fields: []audit.Field{audit.One("tokenName", v.Name), audit.One("expireAt", expiry(v.ExpireAt))},
		})
	}
	return len(entries), t.trail.appendAll(t, entries)
}

// flushUses writes when tokens were last used: each token at most once a
// round, however often it was used.
func (a *Authority) flushUses(ctx context.Context) error {
	uses := a.index.TakeUsed()
	for len(uses) > 0 {
		batch, t := uses[:min(houseBatch, len(uses))], a.timeNow()
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
	if err := a.putTime(w, t); err != nil {
		return err
	}
	for _, u := range uses {
		row, err := w.Get(tokensTable, []byte(u.ID))
		if err != nil {
			return err
		}
		if row == nil { // deleted meanwhile
			continue
		}
		if err := a.uses.put(w, string(u.ID), use{u.At, u.From}); err != nil {
			return err
		}
	}
	return nil
}

// FirstRoot makes the root token of an empty store and returns its Secret,
// and true. If there is one already, or one is set from outside, or the store
// is not empty, it returns false.
func (a *Authority) FirstRoot(ctx context.Context) (token.Secret, bool, error) {
	if _, ok := a.index.Root(); ok || a.byHash || a.index.Len() > 0 {
		return token.Secret{}, false, nil
	}
	s, err := a.setRoot(ctx, "firstStart")
	return s, err == nil, err
}

// ReplaceRoot makes a new root token; the old one is dead when this returns.
func (a *Authority) ReplaceRoot(ctx context.Context) (token.Secret, error) {
	return a.setRoot(ctx, "root-token")
}

func (a *Authority) setRoot(ctx context.Context, action string) (token.Secret, error) {
	s, err := token.MintFor(token.Root, a.random)
	if err != nil {
		return token.Secret{}, err
	}
	now := a.clock()
	digest := a.keys.current.digester.DigestHash(s.Hash())
	err = a.store.Update(ctx, func(w store.Writer) error {
		if err := a.root.put(w, rootKey, root{digest, a.keys.current.id, now}); err != nil {
			return err
		}
		return a.trail.append(w, audit.Entry{
			Time: now, Type: audit.RootReplaced, Action: action, Sensitive: true,
			Actor: audit.System(), TokenID: string(token.Root),
		})
	})
	if err != nil {
		return token.Secret{}, err
	}
	return s, nil
}

// RecordRefusal writes down that by was refused a change. Inputs that no
// state of the server could accept are no attempt at a change, and are left
// out. If it cannot be written the refusal stands all the same.
func (a *Authority) RecordRefusal(ctx context.Context, by policy.Actor, action string, refusal error) {
	kind, sentence, ok := refusedChange(action, refusal)
	if !ok {
		return
	}
	now := a.clock()
	about, details := repetition(refusal)
	ctx = context.WithoutCancel(ctx) // who hangs up at once leaves a record all the same
	err := a.store.Update(ctx, func(w store.Writer) error {
		return a.trail.append(w, audit.Entry{
			Time: now, Type: kind, Action: action, Sensitive: true, Refused: sentence, Actor: auditActor(by),
			TokenID: about, Fields: details,
		})
	})
	if err != nil {
		a.log.ErrorContext(ctx, "a refused change could not be written to the audit log", "action", action, "err", err)
	}
}

// repetition returns what there is to write of the refusal of a request that
// came with an idempotency key for the second time: the token that was made at
// the first, and why.
func repetition(refusal error) (about string, details []audit.Field) {
	f, ok := errors.AsType[*fault.Error](refusal)
	if !ok {
		return "", nil
	}
	for _, name := range slices.Sorted(maps.Keys(f.Extensions)) {
		if name != "tokenId" {
			details = append(details, audit.One(name, f.Extensions[name]))
		}
	}
	return f.Extensions["tokenId"], details
}
