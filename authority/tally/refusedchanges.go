package tally

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"

	"tokenscale/audit"
	"tokenscale/epoch"
)

// How many refused changes of one caller are written in full: so many at once,
// and then one in each interval.
const (
	RefusedAtOnce   = 1000
	refusedInterval = time.Second

	// mostRefused is how many callers are remembered; the one that was refused
	// the longest time ago is forgotten first.
	mostRefused = 1 << 12
)

// manyRefused takes the place of the sentence where many kinds are counted
// together.
const manyRefused = "Refused for several reasons; there were too many to write down each."

// RefusedChanges keep whoever may change nothing from filling the disk by
// trying: a caller's first refused changes are entries of their own, and those
// beyond are counted and written by the minute. It is safe for concurrent use.
type RefusedChanges struct {
	tally *Tally[changeKind, audit.Entry]
	write Writer

	mu      sync.Mutex
	callers *simplelru.LRU[string, *rate.Limiter] // by token id
}

// A changeKind is what is counted together.
type changeKind struct {
	caller, about, action, sentence string
	kind                            audit.Type
}

// NewRefusedChanges returns RefusedChanges of which none are counted yet.
func NewRefusedChanges(write Writer) *RefusedChanges {
	callers, err := simplelru.NewLRU[string, *rate.Limiter](mostRefused, nil)
	if err != nil { // only a size below 1 is one
		panic(err)
	}
	rest := func(k changeKind) changeKind {
		return changeKind{action: k.action, sentence: manyRefused, kind: k.kind}
	}
	return &RefusedChanges{tally: New[changeKind, audit.Entry](rest), write: write, callers: callers}
}

// Note writes the entry of a refused change, or counts it.
func (r *RefusedChanges) Note(ctx context.Context, e audit.Entry) error {
	if r.inFull(e.Actor.TokenID, e.Time) {
		return r.write(ctx, []audit.Entry{e})
	}
	r.tally.Note(changeKind{e.Actor.TokenID, e.TokenID, e.Action, e.Refused, e.Type}, e, e.Time)
	return nil
}

// inFull reports whether a change of the caller is to be written as it is.
func (r *RefusedChanges) inFull(caller string, at epoch.Millis) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	budget, ok := r.callers.Get(caller)
	if !ok {
		budget = rate.NewLimiter(rate.Every(refusedInterval), RefusedAtOnce)
		r.callers.Add(caller, budget)
	}
	return budget.AllowN(time.UnixMilli(int64(at)), 1)
}

// Flush writes what was counted, one entry a kind.
func (r *RefusedChanges) Flush(ctx context.Context) error {
	return writeAll(ctx, r.tally, r.write, r.tally.Take(), refusedChangeEntry)
}

func refusedChangeEntry(c Count[changeKind, audit.Entry]) audit.Entry {
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
