package authority

import (
	"context"
	"fmt"
	"time"

	"tokenscale/authority/rows"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// A command that makes something happens at most once for an idempotency key: a client whose
// answer was lost may send its request again. What is made holds the request, as digests, in its
// own row, so there is never one without the other, whenever the server is cut off, and both go
// together. Whether a request was carried out before is asked inside the transaction.

// A request is what a command that makes something is asked for.
type request struct {
	kind  policy.RequestKind
	input func(*rows.Packer) // writes all that makes two requests the same
}

func creation(d policy.Draft) request {
	return request{policy.TokenCreation, func(p *rows.Packer) {
		p.Text(d.Name)
		p.Text(d.Note)
		p.Number(uint64(d.Permissions))
		p.Text(string(d.FilterID))
		if p.Flag(d.Expiry.At != nil); d.Expiry.At != nil {
			p.Number(uint64(*d.Expiry.At))
		}
		if p.Flag(d.Expiry.In != nil); d.Expiry.In != nil {
			p.Number(uint64(d.Expiry.In.Amount))
			p.Number(uint64(d.Expiry.In.Unit))
		}
	}}
}

func rotation(id token.ID, grace time.Duration, endPredecessor bool) request {
	return request{policy.TokenRotation, func(p *rows.Packer) {
		p.Text(string(id))
		p.Number(uint64(grace.Milliseconds()))
		p.Flag(endPredecessor)
	}}
}

func filterCreation(name, text string) request {
	return request{policy.FilterCreation, func(p *rows.Packer) {
		p.Text(name)
		p.Text(text)
	}}
}

// once carries out a command that makes something, unless it was carried out before under its
// idempotency key. decide gets what the row of the new thing must hold of the request.
func (a *Authority) once(ctx context.Context, by Caller, q request, decide func(t *tx, stored string) error, how ...store.Option) error {
	if by.IdempotencyKey == "" {
		return a.command(ctx, by, func(t *tx) error { return decide(t, "") }, how...)
	}
	return a.command(ctx, by, func(t *tx) error {
		stored := a.digests(by, q) // here: a key of before may be dropped by now
		if err := t.by.May(q.kind.Needs()...); err != nil {
			return err
		}
		for _, s := range stored {
			if err := t.repeated(q.kind, s); err != nil {
				return err
			}
		}
		return decide(t, stored[0])
	}, how...)
}

// digests returns what a row holds of a request, made under each of the server's keys, the newest
// first. What the client sent is in none of them but as a digest.
func (a *Authority) digests(by Caller, q request) []string {
	var input rows.Packer
	input.Text(by.Action)
	q.input(&input)
	about := func(what string, text []byte) []byte {
		var p rows.Packer
		p.Text(what)
		p.Text(string(by.Actor.ID)) // so that nobody can tell that two actors chose the same key
		return append(p.Out, text...)
	}
	macs := a.keys.IdempotencyMACs(about("key", []byte(by.IdempotencyKey)), about("input", input.Out))
	all := make([]string, len(macs))
	for i, m := range macs {
		all[i] = rows.Request(m[0], m[1])
	}
	return all
}

// repeated refuses a request that was carried out before, and one whose key came with another
// request, as long as what was made is there.
func (t *tx) repeated(k policy.RequestKind, stored string) error {
	made, ok, err := t.rows.Requests.Get(t, rows.KeyOf(stored))
	if err != nil || !ok {
		return err
	}
	if made.Number == 0 {
		return t.repeatedFilter(made.Filter, stored)
	}
	m, err := t.rows.MadeBy(t, made.Number, stored)
	switch {
	case err != nil || m.Deleted:
		return err
	case m.There:
		return policy.RepeatedToken(k, m.Token, t.now)
	case m.Other:
		return policy.KeyOfAnother()
	}
	return fmt.Errorf("table %s leads to token number %d: %w", rows.IdempotencyTable, made.Number, rows.ErrMissing)
}

func (t *tx) repeatedFilter(id ipfilter.ID, stored string) error {
	f, err := t.rows.Filters.Require(t, string(id))
	switch {
	case err != nil:
		return fmt.Errorf("table %s: %w", rows.IdempotencyTable, err)
	case f.Request == stored:
		return policy.RepeatedFilter(f.ID)
	}
	return policy.KeyOfAnother()
}
