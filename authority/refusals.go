package authority

import (
	"context"
	"net/netip"

	"tokenscale/audit"
	"tokenscale/authority/tally"
	"tokenscale/policy"
	"tokenscale/token"
)

// Refused credentials of one kind have the same reason, address and token. The
// first of a kind is written to the audit log at once, the others are counted
// and written by the minute: all are accounted for, and nobody can fill the
// disk by knocking.
type refusalKind struct {
	outcome policy.Outcome
	from    netip.Prefix // an address, or a /64 of IPv6, which one client has
	id      token.ID     // only if the string was right
}

type (
	refusals = tally.Tally[refusalKind, policy.Actor]
	refusal  = tally.Count[refusalKind, policy.Actor]
)

func newRefusals() *refusals {
	return tally.New[refusalKind, policy.Actor](func(k refusalKind) refusalKind {
		return refusalKind{outcome: k.outcome}
	})
}

// Refused notes that a credential was not accepted. by names the token if its
// string was right. The first of a kind goes to the audit log at once, but not
// before Refused returns: no answer waits for the disk.
//
// It is safe for concurrent use.
func (a *Authority) Refused(_ context.Context, by policy.Actor, outcome policy.Outcome) {
	if a.refused.NoteFirst(refusalKind{outcome, block(by.IP), by.ID}, by, a.clock()) {
		a.firsts.Set()
	}
}

// block returns the addresses that count as one client.
func block(addr netip.Addr) netip.Prefix {
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	p, _ := addr.Prefix(bits)
	return p
}

// writeFirsts writes refusals in full as they come, until ctx ends.
func (a *Authority) writeFirsts(ctx context.Context) {
	a.firsts.Each(ctx, func(ctx context.Context) {
		err := writeCounted(ctx, a, a.refused, a.refused.TakeFirsts(), refusalEntry)
		if err != nil && ctx.Err() == nil {
			a.log.Error("refused credentials could not be written to the audit log; they are kept and tried again", "err", err)
		}
	})
}

// flushRefusals writes what is kept and counted, one entry a kind.
func (a *Authority) flushRefusals(ctx context.Context) error {
	return writeCounted(ctx, a, a.refused, a.refused.Take(), refusalEntry)
}

func refusalEntry(c refusal) audit.Entry {
	by := policy.Actor{ID: c.Kind.id, IP: c.Kind.from.Addr()}
	if c.First {
		by = c.Last
	}
	fields := []audit.Field{audit.One("reason", c.Kind.outcome.String()), audit.Count("count", c.N)}
	if !c.First {
		fields = append(fields, audit.One("since", c.Since.String()))
	}
	return audit.Entry{Time: c.At, Type: audit.Refused, Actor: auditActor(by), TokenID: string(by.ID), Fields: fields}
}

// writeCounted writes an entry for each count, or has the tally keep them all
// for the next time.
func writeCounted[K comparable, V any](
	ctx context.Context, a *Authority, t *tally.Tally[K, V], list []tally.Count[K, V], entry func(tally.Count[K, V]) audit.Entry,
) error {
	if len(list) == 0 {
		return nil
	}
	entries := make([]audit.Entry, len(list))
	for i, c := range list {
		entries[i] = entry(c)
	}
	err := a.writeDown(ctx, entries)
	if err != nil {
		t.PutBack(list)
	}
	return err
}
