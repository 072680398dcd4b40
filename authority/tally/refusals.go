package tally

import (
	"context"
	"log/slog"
	"net/netip"

	"tokenscale/audit"
	"tokenscale/authority/ledger"
	"tokenscale/epoch"
	"tokenscale/loop"
	"tokenscale/policy"
	"tokenscale/token"
)

// Refusals are refused credentials. The first of a kind is written to the audit
// log at once, the others are counted and written by the minute: all are
// accounted for, and nobody can fill the disk with them. It is safe for
// concurrent use.
type Refusals struct {
	tally  *Tally[refusalKind, policy.Actor]
	firsts loop.Signal // set while there may be firsts to write
	write  Writer
	log    *slog.Logger
}

// A refusalKind is the same reason, address and token.
type refusalKind struct {
	outcome policy.Outcome
	from    netip.Prefix // an address, or a /64 of IPv6, which one client has
	id      token.ID     // only if the string was right
}

// NewRefusals returns Refusals of which none are counted yet.
func NewRefusals(write Writer, log *slog.Logger) *Refusals {
	rest := func(k refusalKind) refusalKind { return refusalKind{outcome: k.outcome} }
	return &Refusals{tally: New[refusalKind, policy.Actor](rest), firsts: loop.NewSignal(), write: write, log: log}
}

// Note notes that a credential was not accepted. by names the token if its
// string was right. It does not wait for the disk.
func (r *Refusals) Note(by policy.Actor, outcome policy.Outcome, at epoch.Millis) {
	if r.tally.NoteFirst(refusalKind{outcome, block(by.IP), by.ID}, by, at) {
		r.firsts.Set()
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

// Run writes firsts as they come, until ctx ends.
func (r *Refusals) Run(ctx context.Context) {
	r.firsts.Each(ctx, func(ctx context.Context) {
		if err := writeAll(ctx, r.tally, r.write, r.tally.TakeFirsts(), refusalEntry); err != nil && ctx.Err() == nil {
			r.log.Error("refused credentials could not be written to the audit log; they are kept and tried again", "err", err)
		}
	})
}

// Flush writes what is kept and counted, one entry a kind.
func (r *Refusals) Flush(ctx context.Context) error {
	return writeAll(ctx, r.tally, r.write, r.tally.Take(), refusalEntry)
}

func refusalEntry(c Count[refusalKind, policy.Actor]) audit.Entry {
	by := policy.Actor{ID: c.Kind.id, IP: c.Kind.from.Addr()}
	if c.First {
		by = c.Last
	}
	fields := []audit.Field{audit.One("reason", c.Kind.outcome.String()), audit.Count("count", c.N)}
	if !c.First {
		fields = append(fields, audit.One("since", c.Since.String()))
	}
	return audit.Entry{Time: c.At, Type: audit.Refused, Actor: ledger.Actor(by), TokenID: string(by.ID), Fields: fields}
}
