package authority

import (
	"context"
	"sync"
	"sync/atomic"

	"tokenscale/authority/clock"
	"tokenscale/authority/index"
	"tokenscale/authority/integrity"
	"tokenscale/fault"
	"tokenscale/policy"
	"tokenscale/store"
)

// counts are the figures of an Authority since it was opened.
type counts struct {
	outcomes [policy.Accepted + 1]atomic.Uint64

	mu       sync.Mutex
	commands map[CommandCount]uint64
}

// A CommandCount says of what kind commands were: which mutation, and how
// each ended: "ok" or the code of its refusal.
type CommandCount struct{ Action, Result string }

func newCounts() *counts { return &counts{commands: map[CommandCount]uint64{}} }

func (c *counts) verified(o policy.Outcome) { c.outcomes[o].Add(1) }

func (c *counts) command(action string, code fault.Code, ok bool) {
	result := string(code)
	if ok {
		result = "ok"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.commands[CommandCount{action, result}]++
}

// Stats are figures for metrics. Counters begin at zero when the server starts.
type Stats struct {
	Verifications map[policy.Outcome]uint64
	Commands      map[CommandCount]uint64
	Tokens        index.Census
	Expiring      map[policy.Horizon]int // how many tokens end within each of policy.Outlooks
	Filters       FilterCount
	Scrub         integrity.ScrubStats
}

// A FilterCount says how many IP filters there are, and how many of them nobody
// passes because their rules cannot be read.
type FilterCount struct{ All, Shut int }

// FilterCount counts the IP filters. It is cheap.
func (a *Authority) FilterCount() (n FilterCount) {
	n.All, n.Shut = a.index.CountFilters()
	return n
}

// Scrubbed returns the figures of the walks over the store. It is cheap.
func (a *Authority) Scrubbed() integrity.ScrubStats { return a.scrub.Stats() }

// Stats returns the figures of this moment.
func (a *Authority) Stats() Stats {
	s := Stats{
		Verifications: map[policy.Outcome]uint64{},
		Commands:      map[CommandCount]uint64{},
		Tokens:        a.index.Census(a.clock()),
		Expiring:      a.endings.Count(),
		Filters:       a.FilterCount(),
		Scrub:         a.scrub.Stats(),
	}
	for _, o := range policy.Outcomes() {
		s.Verifications[o] = a.counts.outcomes[o].Load()
	}
	a.counts.mu.Lock()
	defer a.counts.mu.Unlock()
	for k, n := range a.counts.commands {
		s.Commands[k] = n
	}
	return s
}

// ClockState says what becomes of the machine's clock.
func (a *Authority) ClockState() clock.State { return a.time.State() }

// Check reads every row of the store and reports all that is wrong with them. It
// looks at one moment between two changes, and delays nobody.
func (a *Authority) Check(ctx context.Context) error { return integrity.Check(ctx, a.store, a.rows) }

// SoundRow returns nil if the row is as this server writes rows of t. Many
// goroutines may call it at once.
func (a *Authority) SoundRow(t store.Table, key, row []byte) error {
	return integrity.SoundRow(a.rows, t, key, row)
}
