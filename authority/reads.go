package authority

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"sync"

	"tokenscale/audit"
	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/token"
)

// The kinds of reading that are written to the audit log: who may read these
// learns what others may do, and when.
const (
	listRead   = "systemTokens"
	trailRead  = "auditEvents"
	impactRead = "tokenSecurityPoliciesImpact"
)

func readType(action string) audit.Type {
	switch action {
	case trailRead:
		return audit.TrailRead
	case impactRead:
		return audit.ImpactRead
	default:
		return audit.TokensRead
	}
}

// reads counts who has read what. By the minute, and when the authority
// closes, each actor and kind gets one entry with the count: a page that asks
// every second does not fill the log, and reading costs no write of its own.
type reads struct {
	mu    sync.Mutex
	kinds map[readKind]*reading
	other map[string]*reading // by action, of kinds beyond maxKinds
}

type readKind struct {
	id     token.ID
	action string
}

// A reading is what one actor did with one kind.
type reading struct {
	action string
	by     policy.Actor // as it was the last time; nobody for many together
	n      uint64
	since  epoch.Millis
	at     epoch.Millis
}

func newReads() *reads {
	return &reads{kinds: map[readKind]*reading{}, other: map[string]*reading{}}
}

// noteRead counts one reading.
func (a *Authority) noteRead(by policy.Actor, action string) { a.read.note(by, action, a.clock()) }

func (r *reads) note(by policy.Actor, action string, now epoch.Millis) {
	r.add(reading{action, by, 1, now, now})
}

// add counts readings of one actor and kind, or of many together if there are
// too many.
func (r *reads) add(more reading) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kind := readKind{more.by.ID, more.action}
	c := r.kinds[kind]
	switch {
	case c != nil:
	case len(r.kinds) < maxKinds:
		c = &reading{action: more.action, since: more.since}
		r.kinds[kind] = c
	default:
		more.by = policy.Actor{}
		if c = r.other[more.action]; c == nil {
			c = &reading{action: more.action, since: more.since}
			r.other[more.action] = c
		}
	}
	c.by, c.n, c.at, c.since = more.by, c.n+more.n, max(c.at, more.at), min(c.since, more.since)
}

// take returns what was counted since the last call.
func (r *reads) take() []*reading {
	r.mu.Lock()
	defer r.mu.Unlock()
	var taken []*reading
	for _, c := range r.kinds {
		taken = append(taken, c)
	}
	for _, c := range r.other {
		taken = append(taken, c)
	}
	clear(r.kinds)
	clear(r.other)
	slices.SortFunc(taken, func(x, y *reading) int { return cmp.Compare(x.at, y.at) })
	return taken
}

// flushReads writes what was counted, one entry an actor and kind.
func (a *Authority) flushReads(ctx context.Context) error {
	list := a.read.take()
	if len(list) == 0 {
		return nil
	}
	entries := make([]audit.Entry, len(list))
	for i, c := range list {
		entries[i] = c.entry()
	}
	err := a.writeDown(ctx, entries)
	for _, c := range list {
		if err != nil { // kept for the next time
			a.read.add(*c)
		}
	}
	return err
}

func (c *reading) entry() audit.Entry {
	return audit.Entry{
		Time: c.at, Type: readType(c.action), Action: c.action, Actor: auditActor(c.by),
		Fields: []audit.Field{audit.One("count", strconv.FormatUint(c.n, 10)), audit.One("since", c.since.String())},
	}
}
