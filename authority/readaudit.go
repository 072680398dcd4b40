package authority

import (
	"context"

	"tokenscale/audit"
	"tokenscale/authority/tally"
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

// Readings of one kind are by one actor. By the minute, and when the authority
// closes, each kind gets one entry with the count: a page that asks every
// second does not fill the log, and reading costs no write of its own.
type readKind struct {
	id     token.ID
	action string
}

type (
	readings = tally.Tally[readKind, policy.Actor]
	reading  = tally.Count[readKind, policy.Actor]
)

func newReadings() *readings {
	return tally.New[readKind, policy.Actor](func(k readKind) readKind { return readKind{action: k.action} })
}

// noteRead counts one reading.
func (a *Authority) noteRead(by policy.Actor, action string) {
	a.read.Note(readKind{by.ID, action}, by, a.clock())
}

// flushReads writes what was counted, one entry an actor and kind.
func (a *Authority) flushReads(ctx context.Context) error {
	return writeCounted(ctx, a, a.read, a.read.Take(), readEntry)
}

func readEntry(c reading) audit.Entry {
	return audit.Entry{
		Time: c.At, Type: readType(c.Kind.action), Action: c.Kind.action, Actor: auditActor(c.Last),
		Fields: []audit.Field{audit.Count("count", c.N), audit.One("since", c.Since.String())},
	}
}
