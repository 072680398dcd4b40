package authority

import (
	"context"
	"errors"

	"tokenscale/audit"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// sweepBatch is how many tokens one transaction brings under the policy at most: few enough that
// other changes wait only some milliseconds for it.
const sweepBatch = 1000

// sweepAction stands in the audit entries of what a sweep does.
const sweepAction = "updateTokenSecurityPolicies"

// beginSweep notes that all tokens have to be brought under next, unless that
// cannot change any.
func (t *tx) beginSweep(next policy.Policies, total int) error {
	rule := next.System.Since(t.policies.System)
	if !rule.Touches() {
		return nil
	}
	return t.rows.Sweep.Put(t, rows.SweepKey, rows.Sweep{Rule: rule, Total: uint64(total), Actor: ledger.Actor(t.by)})
}

// sweepAll runs batches until no sweep is left.
func (a *Authority) sweepAll(ctx context.Context) error {
	for {
		more, err := a.sweepOnce(ctx)
		if err != nil || !more {
			return err
		}
	}
}

// sweepAlive runs until no sweep is left, or until the authority closes. A change
// of policy may be committed in the very batch that ends the sweep before it, so
// whoever joins is owed another look; see loop.Shared.
func (a *Authority) sweepAlive() error {
	err := a.sweepAll(a.alive)
	if err != nil {
		a.log.Error("the sweep of a changed security policy stopped before its end; it goes on later, and the policy binds meanwhile", "err", err)
	}
	return err
}

// sweepOnce brings the next batch of tokens under the policy: their rows,
// their audit entries and the moved cursor in one transaction.
func (a *Authority) sweepOnce(ctx context.Context) (more bool, err error) {
	now, n := a.clock(), a.batchSize(sweepBatch, rowsOfToken)
	err = a.store.Update(ctx, func(w store.Writer) (err error) {
		t := &tx{Writer: w, rows: a.rows, ledger: a.ledger, action: sweepAction, now: now}
		more, err = t.sweepNext(n)
		return err
	}, store.UseReserve)
	return more, err
}

// sweepNext does it inside the transaction, for n tokens at most.
func (t *tx) sweepNext(n int) (more bool, err error) {
	s, ok, err := t.rows.Sweep.Get(t, rows.SweepKey)
	if err != nil || !ok {
		return false, err
	}
	batch, err := t.tokensAfter(s.Cursor, n)
	if err != nil {
		return false, err
	}
	if err := t.bringAll(batch, s); err != nil {
		return false, err
	}
	if len(batch) < n {
		return false, t.rows.Sweep.Delete(t, rows.SweepKey)
	}
	last := batch[len(batch)-1]
	s.Cursor, s.Done = rows.TokenKey(last.Number, last.InGrace()), s.Done+uint64(len(batch))
	return true, t.rows.Sweep.Put(t, rows.SweepKey, s)
}

// tokensAfter returns the next tokens behind the cursor, in the order of their numbers.
func (t *tx) tokensAfter(cursor string, n int) ([]token.Token, error) {
	from := store.Range{}
	if cursor != "" {
		from.From = []byte(cursor + "\x00")
	}
	batch := make([]token.Token, 0, n)
	err := t.rows.Tokens.Each(t, from, func(_ []byte, v token.Token) error {
		if batch = append(batch, v); len(batch) == n {
			return store.Stop
		}
		return nil
	})
	return batch, err
}

// bringAll brings tokens under the policy, and writes the entries of that.
func (t *tx) bringAll(batch []token.Token, s rows.Sweep) error {
	entries := make([]audit.Entry, 0, len(batch))
	for _, v := range batch {
		e, changed, err := t.bring(v, s)
		if err != nil {
			return err
		}
		if changed {
			entries = append(entries, e)
		}
	}
	return t.ledger.AppendAll(t, entries)
}

// bring carries out the verdict over one token, as it is stored, and returns
// the entry of that unless nothing has changed.
func (t *tx) bring(v token.Token, s rows.Sweep) (_ audit.Entry, changed bool, _ error) {
	if v.Hidden() { // whoever brings it back judges it
		return audit.Entry{}, false, nil
	}
	next, verdict := s.Rule.Judge(v, t.now)
	switch verdict {
	case policy.Keep:
		return audit.Entry{}, false, nil
	case policy.Delete:
		return t.sweptEntry(v, s, audit.Many("oldPermissions", v.Permissions.Names())), true, t.rows.RemoveStored(t, v)
	default:
		fields := []audit.Field{audit.One("ipFilterId", string(next.FilterID)), audit.One("expireAt", expiry(next.ExpireAt))}
		return t.sweptEntry(v, s, fields...), true, t.rows.ChangeStored(t, v, next)
	}
}

func (t *tx) sweptEntry(v token.Token, s rows.Sweep, fields ...audit.Field) audit.Entry {
	return audit.Entry{
		Time: t.now, Type: audit.TokenChanged, Action: sweepAction, Sensitive: true,
		Actor: s.Actor, TokenID: string(v.ID), Number: uint64(v.Number), Fields: append([]audit.Field{audit.One("tokenName", v.Name)}, fields...),
	}
}

// Progress tells how far the last change of the policies has come.
type Progress struct {
	Running     bool
	Done, Total int
}

var errReadOnly = errors.New("a trial cannot write")
