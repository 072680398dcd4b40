// Package endings tells of tokens that will expire soon: in the audit log, once a token and
// horizon, and as figures.
package endings

import (
	"context"
	"strconv"

	"tokenscale/audit"
	"tokenscale/authority/index"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// warnAction stands in the audit entries of tokens that will expire soon.
const warnAction = "warnOfExpiringTokens"

// A Teller tells of tokens that will expire soon. It must not be changed once in use; then it is
// safe for concurrent use.
type Teller struct {
	DB     store.DB
	Rows   *rows.Rows
	Ledger ledger.Ledger
	Index  *index.Index
	Now    func() epoch.Millis
	Batch  int // of how many tokens one transaction tells
}

// Warn writes an audit entry for each token that has come near to its expiry, as policy.Warning
// says: once a token and horizon, over restarts and rotations, since the token's row says what was
// told. After a stop it is late rather than missing, as long as the token still works.
func (t Teller) Warn(ctx context.Context) error {
	ids := t.due(t.Now())
	for len(ids) > 0 && ctx.Err() == nil {
		batch := ids[:min(t.Batch, len(ids))]
		now := t.Now()
		if err := t.DB.Update(ctx, func(w store.Writer) error { return t.warnOf(w, batch, now) }); err != nil {
			return err
		}
		ids = ids[len(batch):]
	}
	return ctx.Err()
}

// due returns the tokens of which the audit log must tell.
func (t Teller) due(now epoch.Millis) []token.ID {
	var ids []token.ID
	warnings := policy.Warnings()
	for e := range t.Index.Ending(now, now.Add(warnings[len(warnings)-1].Length())) {
		if _, due := policy.Warning(e.Token(), now); due {
			ids = append(ids, e.ID())
		}
	}
	return ids
}

// warnOf writes the entries about some tokens, and into their rows that it did.
func (t Teller) warnOf(w store.Writer, ids []token.ID, now epoch.Millis) error {
	present, err := t.Rows.Present(w)
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
				audit.One("tokenName", v.Name), audit.Moment("expireAt", v.ExpireAt), audit.One("withinDays", strconv.Itoa(int(within))),
			},
		})
	}
	return t.Ledger.AppendAll(w, entries)
}

// Count counts the tokens that end within each of policy.Outlooks.
func (t Teller) Count() map[policy.Horizon]int {
	now, outlooks, n := t.Now(), policy.Outlooks(), map[policy.Horizon]int{}
	for _, h := range outlooks {
		n[h] = 0
	}
	for e := range t.Index.Ending(now, now.Add(outlooks[len(outlooks)-1].Length())) {
		v := e.Token()
		for _, h := range outlooks {
			if h.Holds(v, now) {
				n[h]++
			}
		}
	}
	return n
}
