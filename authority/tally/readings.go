package tally

import (
	"context"

	"tokenscale/audit"
	"tokenscale/authority/ledger"
	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/token"
)

// Readings are who has read what others may do. By the minute each actor and
// kind gets one entry with the count: a page that asks every second does not
// fill the log, and reading costs no write of its own. It is safe for concurrent
// use.
type Readings struct {
	tally *Tally[readKind, policy.Actor]
	write Writer
}

type readKind struct {
	id   token.ID
	what Reading
}

// A Reading is what was read: the name of the query, and how the log calls it.
type Reading struct {
	Query string
	Type  audit.Type
}

// NewReadings returns Readings of which none are counted yet.
func NewReadings(write Writer) *Readings {
	rest := func(k readKind) readKind { return readKind{what: k.what} }
	return &Readings{tally: New[readKind, policy.Actor](rest), write: write}
}

// Note counts one reading.
func (r *Readings) Note(by policy.Actor, what Reading, at epoch.Millis) {
	r.tally.Note(readKind{by.ID, what}, by, at)
}

// Flush writes what was counted, one entry an actor and kind.
func (r *Readings) Flush(ctx context.Context) error {
	return writeAll(ctx, r.tally, r.write, r.tally.Take(), readEntry)
}

func readEntry(c Count[readKind, policy.Actor]) audit.Entry {
	return audit.Entry{
		Time: c.At, Type: c.Kind.what.Type, Action: c.Kind.what.Query, Actor: ledger.Actor(c.Last),
		Fields: []audit.Field{audit.Count("count", c.N), audit.One("since", c.Since.String())},
	}
}
