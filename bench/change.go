//go:build bench

package main

import (
	"fmt"
	"time"
)

// steady is the rate of verification before and during a change of policy.
const steady = 500

// change caps two thirds of all tokens and gives every one of them a filter,
// while others go on verifying at the same rate as before.
func (b *bench) change() ([]row, error) {
	verify := get(b.server.url, authorizePath, b.large.secrets[0])
	idle, err := paced(steady, 16, 5*b.each, nil, verify.client)
	if err != nil {
		return nil, err
	}
	took, done, failed := time.Duration(0), make(chan struct{}), error(nil)
	go func() {
		defer close(done)
		took, failed = b.tighten()
	}()
	busy, err := paced(steady, 16, 0, done, verify.client)
	if err != nil {
		return nil, err
	}
	if <-done; failed != nil {
		return nil, failed
	}
	ratio := float64(busy.P99) / float64(idle.P99)
	return []row{
		{name: "change of policy, all tokens rewritten", ours: fmt.Sprintf("%.1f s", took.Seconds()), goal: "≤ 20 s", met: took <= 20*time.Second},
		{
			name: fmt.Sprintf("verification p99 meanwhile, %d/s", steady), ours: millis(busy.P99), reference: millis(idle.P99) + " (idle, the same rate)",
			ratio: fmt.Sprintf("%.2f", ratio), p50: millis(busy.P50) + " / " + millis(idle.P50), p99: millis(busy.P99) + " / " + millis(idle.P99), goal: "≤ 3", met: ratio <= 3,
		},
	}, nil
}

// tighten changes the policy and returns how long the answer took.
func (b *bench) tighten() (time.Duration, error) {
	do, end, err := query(b.server.url, "/graphql", b.large.root, `mutation($filter: String!) { updateTokenSecurityPolicies(input: {
		personalUserTokensEnabled: true, viewPermissionTokensEnabled: true, viewPermissionTokensAllowPermissionUpdates: false,
		organizationPermissionTokensEnabled: true, organizationPermissionTokensAllowPermissionUpdates: false,
		systemPermissionTokensEnabled: true, systemPermissionTokensEnforceExpirationAfterMs: 172800000,
		systemPermissionTokensEnforceIpFilterId: $filter}) { id } }`, map[string]any{"filter": filterID}).client()
	if err != nil {
		return 0, err
	}
	defer end()
	began := time.Now()
	err = do()
	return time.Since(began), err
}
