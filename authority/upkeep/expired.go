package upkeep

import (
	"context"
	"time"

	"tokenscale/audit"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/authority/timekeeping"
	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// An expired token is refused at once, listed for five minutes more, and then
// hidden, with an audit entry: to clients it is gone. Its row stays until the
// server has run for seven more days, so that a clock that was wrong destroys
// nothing: whoever starts with --accept-clock before that gets back what had
// expired by the wrong clock only.

// expireAction stands in the audit entries of hidden tokens.
const expireAction = "removeExpiredTokens"

// HideExpired hides the tokens that expired at least 5 minutes ago, each with an
// audit entry. It is safe for concurrent use.
func (u *Upkeep) HideExpired(ctx context.Context) error {
	most := u.batchSize(Batch, RowsOfExpiry)
	for {
		now, ran := u.clock(), u.time.Running()
		ids := u.index.DueBefore(now.Add(-policy.ListedExpired)+1, most)
		if len(ids) == 0 {
			return nil
		}
		hidden := 0
		if err := u.db.Update(ctx, func(w store.Writer) (err error) {
			hidden, err = u.hide(w, ids, now, ran)
			return err
		}, store.UseReserve); err != nil {
			return err
		}
		if hidden == 0 {
			return nil // they changed meanwhile; the next round sees
		}
	}
}

func (u *Upkeep) hide(w store.Writer, ids []token.ID, now epoch.Millis, ran time.Duration) (n int, err error) {
	present, err := u.rows.Present(w)
	if err != nil {
		return 0, err
	}
	var entries []audit.Entry
	for _, id := range ids {
		v, ok, err := present.Token(w, id)
		if err != nil {
			return 0, err
		}
		v, due := policy.Hide(v, now, ran)
		if !ok || !due { // it changed meanwhile
			continue
		}
		if err := present.Entomb(w, v, endOf(v, now), rows.Use{}); err != nil {
			return 0, err
		}
		if err := present.HideToken(w, v); err != nil {
			return 0, err
		}
		entries = append(entries, audit.Entry{
			Time: now, Type: audit.TokenExpired, Action: expireAction, Actor: audit.System(), TokenID: string(id), Number: uint64(v.Number),
			Fields: []audit.Field{audit.One("tokenName", v.Name), audit.Moment("expireAt", v.ExpireAt)},
		})
	}
	return len(entries), u.ledger.AppendAll(w, entries)
}

// endOf tells of the end of a token whose time is over. If that is a grace period, whoever rotated
// the token has ended it.
func endOf(v token.Token, now epoch.Millis) rows.End {
	if v.InGrace() {
		return rows.End{At: now, Why: token.EndRotated, By: v.RotatedBy, ByName: v.RotatedByName}
	}
	return rows.End{At: now, Why: token.EndExpired}
}

// removePause is how much running lies between two walks over the tokens for
// hidden ones.
const removePause = time.Hour

// RemoveHiddenHourly calls RemoveHidden, but for the most of the rounds.
func (u *Upkeep) RemoveHiddenHourly(ctx context.Context) error {
	ran := u.time.Running()
	if ran < u.removed+removePause {
		return nil
	}
	u.removed = ran
	return u.RemoveHidden(ctx)
}

// RemoveHidden removes the rows of tokens that were hidden before the server has
// run for 7 days. It reads all tokens, slowly, so that nobody waits for it.
func (u *Upkeep) RemoveHidden(ctx context.Context) error {
	ran := u.time.Running()
	return u.rows.WalkTokens(ctx, u.db, u.batchSize(Batch, RowsOfToken), func(_ rows.Present, s rows.StoredToken) bool {
		return policy.Removable(s.Token, ran)
	}, func(w store.Writer, _ rows.Present, s rows.StoredToken) error { return u.rows.RemoveStored(w, s.Token) })
}

// BringBack lists the hidden tokens again that have not expired by what time it
// is now, after the operator had time go on from an earlier moment. What changes
// of the policies did meanwhile, they did to hidden tokens too: one that a policy
// deleted is gone, and one whose IP filter was deleted stays hidden.
func (u *Upkeep) BringBack(ctx context.Context) error {
	now := u.clock()
	pick := func(p rows.Present, s rows.StoredToken) bool {
		if !s.Hidden() {
			return false
		}
		v, alive, err := p.Now(s)
		_, back := policy.BringBack(v, now)
		return err != nil || alive && back
	}
	list := func(w store.Writer, p rows.Present, s rows.StoredToken) error {
		v, _, err := p.Now(s)
		if err != nil {
			return err
		}
		v, _ = policy.BringBack(v, now)
		if v.FilterID != "" {
			if _, ok, err := u.rows.Filters.Get(w, string(v.FilterID)); err != nil || !ok {
				return err
			}
		}
		if err := p.AddToken(w, v); err != nil {
			return err
		}
		return u.ledger.Append(w, audit.Entry{
			Time: now, Type: audit.ClockAccepted, Action: timekeeping.AcceptAction, Sensitive: true, Actor: audit.System(), TokenID: string(v.ID), Number: uint64(v.Number),
			Fields: append(ledger.Described(v), audit.One("tokenId", string(v.ID))),
		})
	}
	return u.rows.WalkTokens(ctx, u.db, u.batchSize(Batch, RowsOfToken), pick, list)
}
