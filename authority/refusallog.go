package authority

import (
	"context"
	"strconv"

	"tokenscale/audit"
)

// writeFirsts writes refusals in full as they come, until the authority closes.
func (a *Authority) writeFirsts() {
	for {
		select {
		case <-a.alive.Done():
			return
		case <-a.refused.work:
		}
		if err := a.writeRefusals(a.alive, a.refused.takeFirsts()); err != nil && a.alive.Err() == nil {
			a.log.Error("refused credentials could not be written to the audit log; they are kept and tried again", "err", err)
		}
	}
}

// flushRefusals writes what is kept and counted, one entry a kind.
func (a *Authority) flushRefusals(ctx context.Context) error {
	return a.writeRefusals(ctx, a.refused.take(a.clock()))
}

func (a *Authority) writeRefusals(ctx context.Context, list []refusal) error {
	if len(list) == 0 {
		return nil
	}
	entries := make([]audit.Entry, len(list))
	for i, f := range list {
		entries[i] = f.entry()
	}
	err := a.writeDown(ctx, entries)
	if err != nil {
		a.refused.putBack(list)
	}
	return err
}

func (f refusal) entry() audit.Entry {
	fields := []audit.Field{audit.One("reason", f.outcome.String()), audit.One("count", strconv.FormatUint(f.n, 10))}
	if f.since != 0 {
		fields = append(fields, audit.One("since", f.since.String()))
	}
	return audit.Entry{
		Time: f.at, Type: audit.Refused, Actor: auditActor(f.by), TokenID: string(f.by.ID), Fields: fields,
	}
}
