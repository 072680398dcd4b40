package authority

import (
	"context"
	"encoding/json"
	"slices"

	"tokenscale/audit"
	"tokenscale/authority/ledger"
	"tokenscale/authority/tally"
	"tokenscale/authority/upkeep"
	"tokenscale/policy"
	"tokenscale/store"
)

// The kinds of reading that are written to the audit log: who may read these
// learns what others may do, and when.
var (
	listRead   = tally.Reading{Query: "systemTokens", Type: audit.TokensRead}
	trailRead  = tally.Reading{Query: "auditEvents", Type: audit.TrailRead}
	impactRead = tally.Reading{Query: "tokenSecurityPoliciesImpact", Type: audit.ImpactRead}

	filterImpactRead = tally.Reading{Query: "ipFilterImpact", Type: audit.ImpactRead}
)

// noteRead counts one reading.
func (a *Authority) noteRead(by policy.Actor, what tally.Reading) { a.read.Note(by, what, a.clock()) }

// Refused notes that a credential was not accepted. by names the token if its
// string was right. The first of a kind goes to the audit log at once, but not
// before Refused returns: no answer waits for the disk.
//
// It is safe for concurrent use.
func (a *Authority) Refused(_ context.Context, by policy.Actor, outcome policy.Outcome) {
	now := a.clock()
	a.refused.Note(by, outcome, now)
	a.tombstones.Tried(by.ID, now, by.IP)
	if _, listed := a.index.Find(by.ID); listed && outcome == policy.Expired {
		a.tombstones.TriedEarly(by.ID, now, by.IP)
	}
}

// RecordRefusal writes down that by was refused a change. Inputs that no
// state of the server could accept are no attempt at a change, and are left
// out. Those of a caller who is refused too often are counted, and written by the
// minute. If one cannot be written the refusal stands all the same.
func (a *Authority) RecordRefusal(ctx context.Context, by Caller, refusal error) {
	e, ok := tally.RefusedChange(by.Action, refusal)
	if !ok {
		return
	}
	ctx = context.WithoutCancel(ctx) // who hangs up at once leaves a record all the same
	e.Time, e.Actor = a.clock(), ledger.Actor(by.Actor)
	if v, known := a.index.Find(by.About); known && e.TokenID == "" {
		e.TokenID, e.Fields = string(by.About), append(e.Fields, audit.One("tokenName", v.Token().Name))
	}
	if err := a.denied.Note(ctx, e); err != nil {
		a.log.ErrorContext(ctx, "a refused change could not be written to the audit log", "action", by.Action, "err", err)
	}
}

// rowsOfAttempt is how many rows change with such an entry: its own, and that it
// is found by the token.
const rowsOfAttempt = 2

// writeDown appends entries to the audit log on which no change depends: who
// was refused, who has read what. In a cluster they say on which node that was
// counted. It is a tally.Writer.
func (a *Authority) writeDown(ctx context.Context, entries []audit.Entry) (written int, err error) {
	for i := range entries {
		if a.node != "" {
			entries[i].Fields = append(entries[i].Fields, audit.One("node", a.node))
		}
	}
	for batch := range slices.Chunk(entries, a.batchSize(upkeep.Batch, rowsOfAttempt)) {
		if err := a.store.Update(ctx, func(w store.Writer) error { return a.ledger.AppendAll(w, batch) }); err != nil {
			return written, err
		}
		written += len(batch)
	}
	return written, nil
}

// tellInstead writes them to the log, where nothing can be written to the store.
func (a *Authority) tellInstead(ctx context.Context, entries []audit.Entry) (written int, err error) {
	for _, e := range entries {
		line, err := json.Marshal(e)
		if err != nil {
			return written, err
		}
		a.log.InfoContext(ctx, "this is not in the audit log, because the disk is read-only", "entry", string(line))
		written++
	}
	return written, nil
}
