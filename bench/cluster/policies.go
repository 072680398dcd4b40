//go:build bench

package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"tokenscale/bench/figures"
	"tokenscale/bench/fleet"
	"tokenscale/bench/load"
)

// verifyRate is how many requests others send meanwhile, a second.
const verifyRate = 500

// policies tightens the policy some times, each time a little more, so that every token is touched
// each time, while others verify at another node. Then tokens may do all again.
func (b *bench) policies() error {
	if err := b.startNodes(3); err != nil {
		return err
	}
	done, failed := make(chan struct{}), make(chan error, 1)
	var others []load.Sample
	go func() {
		var err error
		others, err = load.Sampled(verifyRate, 16, 0, done, load.Get(b.nodes[2].url, "/api/v1/authorize", b.ten).Client)
		failed <- err
	}()
	time.Sleep(b.each / 2)
	began := time.Now()
	took, err := b.tighten()
	ended := time.Now()
	close(done)
	if err := errors.Join(err, <-failed); err != nil {
		return err
	}
	b.tightened(took, load.Summary(slices.DeleteFunc(others, func(s load.Sample) bool {
		return s.Due.Before(began) || s.Due.After(ended)
	}), ended.Sub(began)))
	return b.ask(b.nodes[0], policy(`systemPermissionTokensAllowPermissionUpdates: true`), new(any))
}

// tighten changes the policy, once in each round, and returns how long each change took.
func (b *bench) tighten() (took []time.Duration, err error) {
	for i := range b.rounds {
		began := time.Now()
		if err := b.ask(b.nodes[0], tighter(48*time.Hour-time.Duration(i)*time.Hour), new(any)); err != nil {
			return nil, err
		}
		took = append(took, time.Since(began))
	}
	return took, nil
}

// createsMeanwhile has 16 callers create while the node that keeps house brings all rows up to date
// with the policies, which it begins within a minute. With few tokens that is over too soon.
func (b *bench) createsMeanwhile() error {
	if b.tokens < 100_000 || !b.writesByItself(80) {
		return nil
	}
	r, err := b.creating(16)
	if err == nil && b.writesByItself(2) {
		b.row(createRow("create, three nodes, 16 callers, while rows are brought up to date", []round{r}))
	}
	return err
}

// writesByItself reports whether, within so many seconds, nodes commit what nobody asks for: more
// than they report of themselves.
func (b *bench) writesByItself(seconds int) bool {
	last := int64(math.MaxInt64 / 2)
	for range seconds {
		head, err := b.etcd.Get(b.ctx, "head")
		if err != nil {
			return false
		}
		if head.Header.Revision > last+10 {
			return true
		}
		last = head.Header.Revision
		time.Sleep(time.Second)
	}
	return false
}

func (b *bench) tightened(took []time.Duration, others load.Result) {
	middle := figures.Median(took, figures.Same)
	b.row(row{name: "change of policy that touches every token, to its answer", figure: figures.Seconds(middle)})
	b.row(row{
		name: "… verification at another node meanwhile", figure: fmt.Sprintf("%d/s", verifyRate),
		p50: figures.Millis(others.P50), p99: figures.Millis(others.P99),
	})
	if b.tokens <= 100_000 {
		b.goals.Want("change of policy over "+figures.Number(float64(b.tokens))+" tokens", "≤ 1 s", figures.Seconds(middle), middle <= time.Second)
	}
}

// tighter is the request that lets tokens live for so long, from one network.
func tighter(life time.Duration) string {
	return policy(fmt.Sprintf("systemPermissionTokensEnforceExpirationAfterMs: %d, systemPermissionTokensEnforceIpFilterId: %q", life.Milliseconds(), fleet.FilterID))
}

// policy is the request for a policy.
func policy(system string) string {
	return `mutation { updateTokenSecurityPolicies(input: {
		personalUserTokensEnabled: true, viewPermissionTokensEnabled: true, viewPermissionTokensAllowPermissionUpdates: false,
		organizationPermissionTokensEnabled: true, organizationPermissionTokensAllowPermissionUpdates: false,
		systemPermissionTokensEnabled: true, ` + system + `}) { id } }`
}
