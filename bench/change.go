//go:build bench

package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"tokenscale/bench/figures"
	"tokenscale/bench/fleet"
	"tokenscale/bench/load"
)

// A stretch is a part of the time in which verification is watched.
type stretch struct {
	took     time.Duration
	cpu      time.Duration // of the server
	p50, p99 time.Duration
}

// change caps two thirds of all tokens and gives half of them another filter,
// while others go on verifying at the same rate, before, meanwhile and after.
func (b *bench) change() error {
	verify := load.Get(b.server.url, authorizePath, b.large.ten)
	done, failed := make(chan struct{}), error(nil)
	var marks []moment
	go func() {
		defer close(done)
		marks, failed = b.tightened(max(2*time.Second, b.after/6))
	}()
	all, err := load.Sampled(verifyRate, 16, 0, done, verify.Client)
	<-done
	if err := errors.Join(failed, err); err != nil {
		return err
	}
	var parts []stretch
	for i := range len(marks) - 1 {
		parts = append(parts, between(marks[i], marks[i+1], all))
	}
	b.changed(parts[0], parts[1], parts[2])
	return b.profiled("change of policy")
}

// changed adds the rows of a change of policy.
func (b *bench) changed(idle, busy, after stretch) {
	rest := func(s stretch) time.Duration { // what verification alone would have taken
		return s.cpu - time.Duration(float64(idle.cpu)*float64(s.took)/float64(idle.took))
	}
	b.row(row{name: "change of policy, every token touched, to its answer", ours: figures.Seconds(busy.took), cpu: figures.Millis(rest(busy))})
	b.goals.Want("change of policy that touches every token", "answered in ≤ 1 s", figures.Seconds(busy.took), busy.took <= time.Second)
	for _, s := range []struct {
		name string
		stretch
	}{{"meanwhile", busy}, {fmt.Sprintf("in the %.0f s after", b.after.Seconds()), after}} {
		ratio := float64(s.p99) / float64(idle.p99)
		out := row{
			name: fmt.Sprintf("… others' verification %s, p99 at %d/s", s.name, verifyRate), ours: figures.Millis(s.p99),
			reference: figures.Millis(idle.p99) + " (before)",
			ratio:     fmt.Sprintf("%.2f", ratio), p50: figures.Millis(s.p50) + " / " + figures.Millis(idle.p50), p99: figures.Millis(s.p99) + " / " + figures.Millis(idle.p99),
		}
		if s.stretch == after {
			out.cpu = figures.Millis(rest(after)) + " beside it"
		}
		b.row(out)
		b.goals.Want("… verification p99 "+s.name, "≤ 3 × idle", fmt.Sprintf("%.2f ×", ratio), ratio <= 3)
	}
}

// A moment is a time, and what the server had used by then.
type moment struct {
	at time.Time
	spending
}

// tightened lets the server be for a while, changes the policy, and watches
// for as long as it was told to. It returns the moments between.
func (b *bench) tightened(idle time.Duration) (all []moment, err error) {
	note := func() {
		m := moment{at: time.Now()}
		if err == nil {
			err = b.server.ask(&m.spending, "spent")
		}
		all = append(all, m)
	}
	time.Sleep(time.Second) // until all workers are there
	note()
	time.Sleep(idle)
	do, end, e := b.tighten() // not before: the server closes a connection on which nothing comes
	if err = errors.Join(err, e); err != nil {
		return nil, err
	}
	defer end()
	note()
	if e := do(); e != nil {
		return nil, e
	}
	note()
	time.Sleep(b.after)
	note()
	return all, err
}

// between returns what came of the answers that were due between two moments.
func between(from, to moment, all []load.Sample) stretch {
	within := slices.DeleteFunc(slices.Clone(all), func(s load.Sample) bool { return s.Due.Before(from.at) || !s.Due.Before(to.at) })
	l := load.Summary(within, to.at.Sub(from.at))
	return stretch{to.at.Sub(from.at), to.CPU - from.CPU, l.P50, l.P99}
}

// tighten is a connection that changes the policy.
func (b *bench) tighten() (load.Work, func(), error) {
	return load.Query(b.server.url, "/graphql", b.large.root, `mutation($filter: String!) { updateTokenSecurityPolicies(input: {
		personalUserTokensEnabled: true, viewPermissionTokensEnabled: true, viewPermissionTokensAllowPermissionUpdates: false,
		organizationPermissionTokensEnabled: true, organizationPermissionTokensAllowPermissionUpdates: false,
		systemPermissionTokensEnabled: true, systemPermissionTokensEnforceExpirationAfterMs: 172800000,
		systemPermissionTokensEnforceIpFilterId: $filter}) { id } }`, map[string]any{"filter": fleet.FilterID}).Client()
}
