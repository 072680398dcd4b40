package authority

import (
	"context"
	"strconv"
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
	denialsAtOnce  = 1000
	denialInterval = time.Second

	// mostDenied is how many callers are remembered; the one that was refused
	// the longest time ago is forgotten first.
	mostDenied = 1 << 12
)

// denials keep whoever may change nothing from filling the disk by trying: a
// caller's first refused changes are entries of their own, and those beyond are
// counted and written by the minute, and when the authority closes.
type denials struct {
	mu      sync.Mutex
	callers *simplelru.LRU[string, *rate.Limiter] // by token id
	counted map[denialKind]*denial
}

// A denialKind is what is counted together.
type denialKind struct {
	caller, about, action, sentence string
	kind                            audit.Type
}

// A denial is one entry to write: refused changes of one kind.
type denial struct {
	last  audit.Entry // as it was the last time
	n     uint64
	since epoch.Millis
}

// manyDenials takes the place of the sentence where many kinds are counted
// together.
const manyDenials = "Refused for several reasons; there were too many to write down each."

func newDenials() *denials {
	callers, err := simplelru.NewLRU[string, *rate.Limiter](mostDenied, nil)
	if err != nil { // only a size below 1 is one
		panic(err)
	}
	return &denials{callers: callers, counted: map[denialKind]*denial{}}
}

// inFull reports whether e is to be written as it is. If not, it was counted.
func (d *denials) inFull(e audit.Entry) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	budget, ok := d.callers.Get(e.Actor.TokenID)
	if !ok {
		budget = rate.NewLimiter(rate.Every(denialInterval), denialsAtOnce)
		d.callers.Add(e.Actor.TokenID, budget)
	}
	if budget.AllowN(time.UnixMilli(int64(e.Time)), 1) {
		return true
	}
	d.add(denial{e, 1, e.Time})
	return false
}

// add must be called with mu held.
func (d *denials) add(more denial) {
	e := more.last
	kind := denialKind{e.Actor.TokenID, e.TokenID, e.Action, e.Refused, e.Type}
	kept := d.counted[kind]
	if kept == nil && len(d.counted) >= maxKinds {
		more.last = audit.Entry{Time: e.Time, Type: e.Type, Action: e.Action, Sensitive: true, Refused: manyDenials, Actor: audit.Actor{Type: audit.ActorAnonymous}}
		kind = denialKind{action: e.Action, sentence: manyDenials, kind: e.Type}
		kept = d.counted[kind]
	}
	if kept == nil {
		d.counted[kind] = &more
		return
	}
	kept.n, kept.since = kept.n+more.n, min(kept.since, more.since)
	if more.last.Time >= kept.last.Time {
		kept.last = more.last
	}
}

// take returns what was counted since the last call.
func (d *denials) take() []denial {
	d.mu.Lock()
	defer d.mu.Unlock()
	var taken []denial
	for _, c := range d.counted {
		taken = append(taken, *c)
	}
	clear(d.counted)
	return taken
}

func (d *denials) putBack(list []denial) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range list {
		d.add(c)
	}
}

// flushDenials writes what was counted, one entry a kind.
func (a *Authority) flushDenials(ctx context.Context) error {
	list := a.denied.take()
	if len(list) == 0 {
		return nil
	}
	entries := make([]audit.Entry, len(list))
	for i, c := range list {
		entries[i] = c.entry()
	}
	err := a.writeDown(ctx, entries)
	if err != nil {
		a.denied.putBack(list)
	}
	return err
}

func (c denial) entry() audit.Entry {
	e := c.last
	e.Fields = []audit.Field{audit.One("count", strconv.FormatUint(c.n, 10)), audit.One("since", c.since.String())}
	return e
}
