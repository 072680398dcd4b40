package authority

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	"tokenscale/audit"
	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// refusedChange returns what kind of audit entry a refused change is, and the
// sentence of its refusal.
func refusedChange(action string, refusal error) (audit.Type, string, bool) {
	f, ok := errors.AsType[*fault.Error](refusal)
	if !ok || f.Code == fault.Invalid || f.Code == fault.Unavailable {
		return "", "", false
	}
	switch {
	case strings.Contains(action, "IPFilter"):
		return audit.FilterChanged, f.Message, true
	case strings.Contains(action, "SecurityPolicies"):
		return audit.PolicyChanged, f.Message, true
	case strings.HasPrefix(action, "rotate"):
		return audit.TokenRotated, f.Message, true
	}
	return audit.TokenChanged, f.Message, true
}

// A kind of refused credentials: the same reason, address and token.
type refusalKind struct {
	outcome policy.Outcome
	from    netip.Prefix // an address, or a /64 of IPv6, which one client has
	id      token.ID     // only if the string was right
}

// refusals counts refused credentials. The first of a kind is written to the
// audit log at once, the others are counted and written by the minute: all
// are accounted for, and nobody can fill the disk by knocking.
type refusals struct {
	mu    sync.Mutex
	kinds map[refusalKind]*refusalCount
	other map[policy.Outcome]*refusalCount // of kinds beyond maxKinds
}

type refusalCount struct {
	n     uint64 // not yet written
	since epoch.Millis
	idle  bool // nothing came in the last round
}

// maxKinds bounds the memory and the entries of a minute.
const maxKinds = 256

func newRefusals() *refusals {
	return &refusals{kinds: map[refusalKind]*refusalCount{}, other: map[policy.Outcome]*refusalCount{}}
}

// Refused notes that a credential was not accepted. by names the token if its
// string was right. It writes at most once for each kind, and is safe for
// concurrent use.
func (a *Authority) Refused(ctx context.Context, by policy.Actor, outcome policy.Outcome) {
	kind := refusalKind{outcome, block(by.IP), by.ID}
	if !a.refused.first(kind, a.clock()) {
		return
	}
	if err := a.writeRefusal(ctx, by, outcome, 1, 0); err != nil {
		a.log.ErrorContext(ctx, "a refused credential could not be written to the audit log", "err", err)
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

// first counts one refusal and reports whether it has to be written in full.
func (r *refusals) first(kind refusalKind, now epoch.Millis) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c, ok := r.kinds[kind]; ok {
		c.add(now)
		return false
	}
	if len(r.kinds) < maxKinds {
		r.kinds[kind] = &refusalCount{}
		return true
	}
	if r.other[kind.outcome] == nil {
		r.other[kind.outcome] = &refusalCount{}
	}
	r.other[kind.outcome].add(now)
	return false
}

func (c *refusalCount) add(now epoch.Millis) {
	if c.n++; c.n == 1 {
		c.since = now
	}
	c.idle = false
}

// take returns what was counted since the last call, and forgets kinds that
// have been quiet for a whole round, so that they are written in full again.
func (r *refusals) take() map[refusalKind]refusalCount {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := map[refusalKind]refusalCount{}
	for kind, c := range r.kinds {
		switch {
		case c.n > 0:
			taken[kind] = *c
		case c.idle:
			delete(r.kinds, kind)
		}
		c.n, c.idle = 0, true
	}
	for outcome, c := range r.other {
		taken[refusalKind{outcome: outcome}] = *c
		delete(r.other, outcome)
	}
	return taken
}

// flushRefusals writes the counts, one entry a kind.
func (a *Authority) flushRefusals(ctx context.Context) error {
	var errs []error
	for kind, c := range a.refused.take() {
		by := policy.Actor{ID: kind.id, IP: kind.from.Addr()}
		errs = append(errs, a.writeRefusal(ctx, by, kind.outcome, c.n, c.since))
	}
	return errors.Join(errs...)
}

func (a *Authority) writeRefusal(ctx context.Context, by policy.Actor, outcome policy.Outcome, n uint64, since epoch.Millis) error {
	fields := []audit.Field{audit.One("reason", outcome.String()), audit.One("count", strconv.FormatUint(n, 10))}
	if since != 0 {
		fields = append(fields, audit.One("since", since.String()))
	}
	now := a.clock()
	return a.store.Update(ctx, func(w store.Writer) error {
		return a.trail.append(w, audit.Entry{
			Time: now, Type: audit.Refused, Actor: auditActor(by), TokenID: string(by.ID), Fields: fields,
		})
	})
}
