//go:build bench

package main

import (
	"bytes"
	"fmt"
	"time"

	"tokenscale/bench/load"
)

// part is what is looked for: about ten names in a million have it.
const part = "nurse-12345"

// A selection is a way to ask systemTokens for its first page and the total.
type selection struct{ name, arguments string }

// The selections that have a goal of their own.
var (
	byPart    = selection{"part of a name that few have", fmt.Sprintf("searchFilter: %q", part)}
	byLastUse = selection{"order by last use, the latest first", `sortBy: LastUsedAt, orderBy: DESC`}
)

// selections lists every filter and order, alone and together.
func selections(now time.Time) []selection {
	at := func(after time.Duration) int64 { return now.Add(after).UnixMilli() }
	const day = 24 * time.Hour
	return []selection{
		byPart,
		{"part of a name that a fifth have", `searchFilter: "prod"`},
		{"one permission, which one in sixteen has", `permissionFilter: [ManageCluster]`},
		{"any of three permissions", `permissionFilter: [ManageCluster, PatchGlobal, ListSubdomains]`},
		{"active ones, which all are", `stateFilter: [Active]`},
		{"expired or in grace, which none is", `stateFilter: [Expired, InGracePeriod]`},
		{"expiring within 30 days", fmt.Sprintf("expiresBefore: %d", at(30*day))},
		{"never expiring, a third", `neverExpires: true`},
		{"unused for half a day, half of them", fmt.Sprintf("unusedSince: %d", at(-day/2))},
		{"an IP filter that half have", fmt.Sprintf("ipFilterIdFilter: [%q]", filterID)},
		{"an IP filter that one in a hundred has", fmt.Sprintf("ipFilterIdFilter: [%q]", wideID)},
		{"without an IP filter", `withoutIpFilter: true`},
		{"made by one that made a fifth", fmt.Sprintf("createdByFilter: %q", makerID)},
		{"all of these at once", fmt.Sprintf(
			"searchFilter: %q, permissionFilter: [ReadHealthCheck], stateFilter: [Active], expiresBefore: %d, unusedSince: %d, "+
				"ipFilterIdFilter: [%q], createdByFilter: %q, neverExpires: false, withoutIpFilter: false, sortBy: CreatedAt",
			"backup", at(200*day), at(-day/4), filterID, makerID)},
		{"order by expiry", `sortBy: ExpirationDate`},
		{"order by creation, the latest first", `sortBy: CreatedAt, orderBy: DESC`},
		byLastUse,
	}
}

// list measures each selection with one caller: how long it takes when nobody
// is in its way.
func (b *bench) list(p *process, h *house) error {
	var sides []side
	every := selections(time.Now())
	for _, s := range every {
		sides = append(sides, sending(s.name, p, load.Query(p.url, "/graphql", h.root, fmt.Sprintf(
			`{ systemTokens(%s, limit: 50) { totalResults results { id name } } }`, s.arguments), nil)))
	}
	all, err := b.turns(sides, 1, func(int) int { return 0 })
	if err != nil {
		return err
	}
	slowest := time.Duration(0)
	for i, s := range every {
		p50 := median(all[i], func(r round) time.Duration { return r.P50 })
		out := row{
			name: "list: " + s.name, ours: millis(p50), p50: millis(p50),
			p99:     millis(median(all[i], func(r round) time.Duration { return r.P99 })),
			cpu:     micros(median(all[i], func(r round) time.Duration { return r.cpu })),
			mallocs: number(median(all[i], func(r round) float64 { return r.mallocs })),
		}
		if s == byPart {
			out.reference = millis(b.rawScan(h)) + " (a scan of all names in one piece)"
		}
		b.row(out)
		slowest = b.judge(s, p50, slowest)
	}
	b.want("any filter of `systemTokens`, first page with total", "p50 ≤ 20 ms", millis(slowest)+", the slowest", slowest <= 20*time.Millisecond)
	return nil
}

// judge notes the goal of a selection that has one of its own; of the others
// it returns the slowest.
func (b *bench) judge(s selection, p50, slowest time.Duration) time.Duration {
	switch s {
	case byPart:
		b.want(s.name, "p50 ≤ 12 ms", millis(p50), p50 <= 12*time.Millisecond)
	case byLastUse:
		b.want(s.name, "p50 ≤ 40 ms", millis(p50), p50 <= 40*time.Millisecond)
	default:
		return max(slowest, p50)
	}
	return slowest
}

// rawScan returns how long it takes to look through all names.
func (b *bench) rawScan(h *house) time.Duration {
	var took []time.Duration
	for range 20 {
		began := time.Now()
		bytes.Count(h.names, []byte(part))
		took = append(took, time.Since(began))
	}
	return median(took, same)
}
