package authority

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"tokenscale/audit"
	"tokenscale/fault"
	"tokenscale/token"
)

// RecordRefusal writes down that by was refused a change. Inputs that no
// state of the server could accept are no attempt at a change, and are left
// out. Those of a caller who is refused too often are counted, and written by the
// minute. If one cannot be written the refusal stands all the same.
func (a *Authority) RecordRefusal(ctx context.Context, by Caller, refusal error) {
	kind, sentence, ok := refusedChange(by.Action, refusal)
	if !ok {
		return
	}
	about, details := repetition(refusal)
	e := audit.Entry{
		Time: a.clock(), Type: kind, Action: by.Action, Sensitive: true, Refused: token.Hide(sentence), Actor: auditActor(by.Actor),
		TokenID: about, Fields: details,
	}
	if !a.denied.inFull(e) {
		return
	}
	ctx = context.WithoutCancel(ctx) // who hangs up at once leaves a record all the same
	if err := a.writeDown(ctx, []audit.Entry{e}); err != nil {
		a.log.ErrorContext(ctx, "a refused change could not be written to the audit log", "action", by.Action, "err", err)
	}
}

// repetition returns what there is to write of the refusal of a request that
// came with an idempotency key for the second time: the token that was made at
// the first, and why.
func repetition(refusal error) (about string, details []audit.Field) {
	f, ok := errors.AsType[*fault.Error](refusal)
	if !ok {
		return "", nil
	}
	for _, name := range slices.Sorted(maps.Keys(f.Extensions)) {
		if name != "tokenId" {
			details = append(details, audit.One(name, f.Extensions[name]))
		}
	}
	return f.Extensions["tokenId"], details
}

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
