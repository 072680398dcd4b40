package authority

import (
	"context"
	"strconv"

	"tokenscale/audit"
	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// warnAction stands in the audit entries of tokens that will expire soon.
const warnAction = "warnOfExpiringTokens"

// WarnOfExpiry writes an audit entry for each token that has come near to its
// expiry, as policy.Warning says: once a token and horizon, over restarts and
// rotations, since the token's row says what was told. After a stop it is late
// rather than missing, as long as the token still works. It is safe for
// concurrent use.
func (a *Authority) WarnOfExpiry(ctx context.Context) error {
	ids := a.toWarnOf(a.clock())
	for len(ids) > 0 && ctx.Err() == nil {
		batch := ids[:min(a.batchSize(backgroundBatch, rowsOfExpiry), len(ids))]
		now := a.clock()
		if err := a.store.Update(ctx, func(w store.Writer) error { return a.warnOf(w, batch, now) }); err != nil {
			return err
		}
		ids = ids[len(batch):]
	}
	return ctx.Err()
}

// toWarnOf returns the tokens of which the audit log must tell.
func (a *Authority) toWarnOf(now epoch.Millis) []token.ID {
	var ids []token.ID
	warnings := policy.Warnings()
	for e := range a.index.Ending(now, now.Add(warnings[len(warnings)-1].Length())) {
		if _, due := policy.Warning(e.Token(), now); due {
			ids = append(ids, e.ID())
		}
	}
	return ids
}

// warnOf writes the entries about some tokens, and into their rows that it did.
func (a *Authority) warnOf(w store.Writer, ids []token.ID, now epoch.Millis) error {
	present, err := a.rows.Present(w)
	if err != nil {
		return err
	}
	var entries []audit.Entry
	for _, id := range ids {
		v, ok, err := present.Token(w, id)
		if err != nil {
			return err
		}
		within, due := policy.Warning(v, now)
		was := v
		if !ok || !due { // it changed meanwhile
			continue
		}
		v.ToldDays = uint8(within)
		if err := present.ChangeStored(w, was, v); err != nil {
			return err
		}
		entries = append(entries, audit.Entry{
			Time: now, Type: audit.TokenExpiring, Action: warnAction, Actor: audit.System(), TokenID: string(id), Number: uint64(v.Number),
			Fields: []audit.Field{
				audit.One("tokenName", v.Name), audit.One("expireAt", expiry(v.ExpireAt)), audit.One("withinDays", strconv.Itoa(int(within))),
			},
		})
	}
	return a.ledger.AppendAll(w, entries)
}

// expiring counts the tokens that end within each of policy.Outlooks.
func (a *Authority) expiring(now epoch.Millis) map[policy.Horizon]int {
	outlooks := policy.Outlooks()
	n := map[policy.Horizon]int{}
	for _, h := range outlooks {
		n[h] = 0
	}
	for e := range a.index.Ending(now, now.Add(outlooks[len(outlooks)-1].Length())) {
		t := e.Token()
		for _, h := range outlooks {
			if h.Holds(t, now) {
				n[h]++
			}
		}
	}
	return n
}
