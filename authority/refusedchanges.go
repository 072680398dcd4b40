package authority

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"

	"tokenscale/audit"
	"tokenscale/authority/tally"
	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/token"
)

// How many refused changes of one caller are written in full: so many at once,
// and then one in each interval.
const (
	refusedAtOnce   = 1000
	refusedInterval = time.Second

	// mostRefused is how many callers are remembered; the one that was refused
	// the longest time ago is forgotten first.
	mostRefused = 1 << 12
)

// manyRefused takes the place of the sentence where many kinds are counted
// together.
const manyRefused = "Refused for several reasons; there were too many to write down each."

// refusedChanges keep whoever may change nothing from filling the disk by
// trying: a caller's first refused changes are entries of their own, and those
// beyond are counted and written by the minute, and when the authority closes.
type refusedChanges struct {
	*tally.Tally[changeKind, audit.Entry]

	mu      sync.Mutex
	callers *simplelru.LRU[token.ID, *rate.Limiter]
}

// A changeKind is what is counted together.
type changeKind struct {
	caller, about, action, sentence string
	kind                            audit.Type
}

func newRefusedChanges() *refusedChanges {
	callers, err := simplelru.NewLRU[token.ID, *rate.Limiter](mostRefused, nil)
	if err != nil { // only a size below 1 is one
		panic(err)
	}
	return &refusedChanges{callers: callers, Tally: tally.New[changeKind, audit.Entry](func(k changeKind) changeKind {
		return changeKind{action: k.action, sentence: manyRefused, kind: k.kind}
	})}
}

// inFull reports whether a change of the caller is to be written as it is.
func (r *refusedChanges) inFull(caller token.ID, at epoch.Millis) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	budget, ok := r.callers.Get(caller)
	if !ok {
		budget = rate.NewLimiter(rate.Every(refusedInterval), refusedAtOnce)
		r.callers.Add(caller, budget)
	}
	return budget.AllowN(time.UnixMilli(int64(at)), 1)
}

// flushRefusedChanges writes what was counted, one entry a kind.
func (a *Authority) flushRefusedChanges(ctx context.Context) error {
	return writeCounted(ctx, a, a.denied.Tally, a.denied.Take(), refusedChangeEntry)
}

func refusedChangeEntry(c tally.Count[changeKind, audit.Entry]) audit.Entry {
	e := c.Last
	if e.Type == "" { // many kinds together
		e = audit.Entry{
			Type: c.Kind.kind, Action: c.Kind.action, Sensitive: true, Refused: c.Kind.sentence,
			Actor: audit.Actor{Type: audit.ActorAnonymous},
		}
	}
	e.Time = c.At
	e.Fields = []audit.Field{audit.Count("count", c.N), audit.One("since", c.Since.String())}
	return e
}

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
	if !a.denied.inFull(by.Actor.ID, e.Time) {
		a.denied.Note(changeKind{e.Actor.TokenID, e.TokenID, e.Action, e.Refused, kind}, e, e.Time)
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
