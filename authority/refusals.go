package authority

import (
	"cmp"
	"context"
	"net/netip"
	"sync"

	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/token"
)

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
	work chan struct{} // holds a token while there may be firsts to write

	mu     sync.Mutex
	kinds  map[refusalKind]*refusalCount
	other  map[policy.Outcome]*refusalCount // of kinds beyond maxKinds
	firsts []refusal                        // not yet written
}

type refusalCount struct {
	n     uint64 // not yet written
	since epoch.Millis
	idle  bool // nothing came in the last round
}

// A refusal is one entry to write: a refusal in full, or how many there were.
type refusal struct {
	by      policy.Actor
	outcome policy.Outcome
	n       uint64
	at      epoch.Millis
	since   epoch.Millis // of the first that n counts; zero for a refusal in full
}

// maxKinds bounds the memory and the entries of a minute.
const maxKinds = 256

func newRefusals() *refusals {
	return &refusals{
		work:  make(chan struct{}, 1),
		kinds: map[refusalKind]*refusalCount{}, other: map[policy.Outcome]*refusalCount{},
	}
}

// Refused notes that a credential was not accepted. by names the token if its
// string was right. The first of a kind goes to the audit log at once, but
// not before Refused returns: if an answer waited for the disk, its time would
// tell that a refusal is of a new kind, and so whether a token exists.
//
// It is safe for concurrent use.
func (a *Authority) Refused(_ context.Context, by policy.Actor, outcome policy.Outcome) {
	a.refused.note(by, outcome, a.clock())
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

// note counts one refusal, or keeps it in full if it is the first of its kind.
func (r *refusals) note(by policy.Actor, outcome policy.Outcome, now epoch.Millis) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kind := refusalKind{outcome, block(by.IP), by.ID}
	c, known := r.kinds[kind]
	switch {
	case known:
		c.add(1, now)
	case len(r.kinds) < maxKinds:
		r.kinds[kind] = &refusalCount{}
		r.firsts = append(r.firsts, refusal{by: by, outcome: outcome, n: 1, at: now})
		r.wake()
	default:
		r.rest(outcome).add(1, now)
	}
}

func (r *refusals) wake() {
	select {
	case r.work <- struct{}{}:
	default:
	}
}

// rest returns the count of all kinds beyond maxKinds with the outcome.
func (r *refusals) rest(outcome policy.Outcome) *refusalCount {
	if r.other[outcome] == nil {
		r.other[outcome] = &refusalCount{}
	}
	return r.other[outcome]
}

// add counts n refusals, the first of them at since.
func (c *refusalCount) add(n uint64, since epoch.Millis) {
	if c.n == 0 || since < c.since {
		c.since = since
	}
	c.n += n
	c.idle = false
}

// takeFirsts returns the refusals that have to be written in full.
func (r *refusals) takeFirsts() []refusal {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.firsts
	r.firsts = nil
	return taken
}

// take returns the firsts, and what was counted since the last call, and
// forgets kinds that have been quiet for a whole round, so that they are
// written in full again.
func (r *refusals) take(now epoch.Millis) []refusal {
	taken := r.takeFirsts()
	r.mu.Lock()
	defer r.mu.Unlock()
	for kind, c := range r.kinds {
		switch {
		case c.n > 0:
			taken = append(taken, c.refusal(kind, now))
		case c.idle:
			delete(r.kinds, kind)
		}
		c.n, c.idle = 0, true
	}
	for outcome, c := range r.other {
		taken = append(taken, c.refusal(refusalKind{outcome: outcome}, now))
		delete(r.other, outcome)
	}
	return taken
}

func (c *refusalCount) refusal(kind refusalKind, now epoch.Millis) refusal {
	by := policy.Actor{ID: kind.id, Root: kind.id == token.Root, IP: kind.from.Addr()}
	return refusal{by: by, outcome: kind.outcome, n: c.n, at: now, since: c.since}
}

// putBack keeps what could not be written for the next time: in full as far
// as there is room, and else as a number.
func (r *refusals) putBack(list []refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range list {
		since := cmp.Or(f.since, f.at)
		kept, known := r.kinds[refusalKind{f.outcome, block(f.by.IP), f.by.ID}]
		switch {
		case f.since == 0 && len(r.firsts) < maxKinds:
			r.firsts = append(r.firsts, f)
		case known:
			kept.add(f.n, since)
		default:
			r.rest(f.outcome).add(f.n, since)
		}
	}
}
