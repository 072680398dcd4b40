//go:build bench

package main

import (
	"bytes"
	"fmt"
	"time"

	"tokenscale/bench/figures"
	"tokenscale/bench/fleet"
	"tokenscale/bench/load"
)

// part is what is looked for: about ten names in a million have it.
const part = "nurse-12345"

// A selection is a way to ask systemTokens for its first page and the total,
// and within how long half of the answers should be there.
type selection struct {
	name, arguments string
	limit           time.Duration
}

// The goals of lists.
const (
	ofParts   = 12 * time.Millisecond
	ofFilters = 20 * time.Millisecond
	ofLastUse = 40 * time.Millisecond
)

// selections lists every filter and order, alone and together.
func selections(now time.Time) []selection {
	at := func(after time.Duration) int64 { return now.Add(after).UnixMilli() }
	const day = 24 * time.Hour
	return []selection{
		{"part of a name that few have", fmt.Sprintf("searchFilter: %q", part), ofParts},
		{"part of a name that a fifth have", `searchFilter: "prod"`, ofParts},
		{"one permission, which one in sixteen has", `permissionFilter: [ManageCluster]`, ofFilters},
		{"any of three permissions", `permissionFilter: [ManageCluster, PatchGlobal, ListSubdomains]`, ofFilters},
		{"active ones, which all are", `stateFilter: [Active]`, ofFilters},
		{"expired or in grace, which none is", `stateFilter: [Expired, InGracePeriod]`, ofFilters},
		{"expiring within 30 days", fmt.Sprintf("expiresBefore: %d", at(30*day)), ofFilters},
		{"never expiring, a third", `neverExpires: true`, ofFilters},
		{"unused for half a day, half of them", fmt.Sprintf("unusedSince: %d", at(-day/2)), ofFilters},
		{"an IP filter that half have", fmt.Sprintf("ipFilterIdFilter: [%q]", fleet.FilterID), ofFilters},
		{"an IP filter that one in a hundred has", fmt.Sprintf("ipFilterIdFilter: [%q]", fleet.WideID), ofFilters},
		{"without an IP filter", `withoutIpFilter: true`, ofFilters},
		{"made by one that made a fifth", fmt.Sprintf("createdByFilter: %q", fleet.MakerID), ofFilters},
		{"all of these at once", fmt.Sprintf(
			"searchFilter: %q, permissionFilter: [ReadHealthCheck], stateFilter: [Active], expiresBefore: %d, unusedSince: %d, "+
				"ipFilterIdFilter: [%q], createdByFilter: %q, neverExpires: false, withoutIpFilter: false",
			"backup", at(200*day), at(-day/4), fleet.FilterID, fleet.MakerID), ofFilters},
		{"order by expiry", `sortBy: ExpirationDate`, ofFilters},
		{"order by creation, the latest first", `sortBy: CreatedAt, orderBy: DESC`, ofFilters},
		{"order by last use, the latest first", byLastUse, ofLastUse},
	}
}

const byLastUse = `sortBy: LastUsedAt, orderBy: DESC`

// list measures each selection with one caller: how long it takes when nobody
// is in its way.
func (b *bench) list(p *process, h *house) error {
	every := selections(time.Now())
	cursor, err := cursorAt(p.url, h.root, byLastUse, h.size*7/10)
	if err != nil {
		return err
	}
	every = append(every, selection{"… 70 % in, by its cursor", fmt.Sprintf("%s, after: %q", byLastUse, cursor), ofLastUse})
	var sides []side
	for _, s := range every {
		sides = append(sides, sending(s.name, p, load.Query(p.url, "/graphql", h.root, fmt.Sprintf(
			`{ systemTokens(%s, limit: 50) { totalResults results { id name } } }`, s.arguments), nil)))
	}
	all, err := b.turns(sides, 1, func(int) int { return 0 })
	if err != nil {
		return err
	}
	slowest := map[time.Duration]time.Duration{} // by the limit
	for i, s := range every {
		out := b.listed(s, all[i])
		if i == 0 {
			out.reference = figures.Millis(rawScan(h)) + " (a scan of all names in one piece)"
		}
		b.row(out)
		slowest[s.limit] = max(slowest[s.limit], figures.Median(all[i], func(r round) time.Duration { return r.P50 }))
	}
	b.within(ofParts, slowest, "part of a name")
	b.within(ofFilters, slowest, "any filter of `systemTokens`")
	b.within(ofLastUse, slowest, "order by last use")
	return nil
}

// listed is the row of one selection.
func (b *bench) listed(s selection, rounds []round) row {
	p50 := figures.Millis(figures.Median(rounds, func(r round) time.Duration { return r.P50 }))
	return row{
		name: "list: " + s.name, ours: p50, p50: p50,
		p99:     figures.Millis(figures.Median(rounds, func(r round) time.Duration { return r.P99 })),
		cpu:     figures.Micros(figures.Median(rounds, func(r round) time.Duration { return r.cpu })),
		mallocs: figures.Number(figures.Median(rounds, func(r round) float64 { return r.mallocs })),
	}
}

// within notes the goal of the selections that have the same limit.
func (b *bench) within(limit time.Duration, slowest map[time.Duration]time.Duration, what string) {
	b.goals.Want(what+", first page with total", fmt.Sprintf("p50 ≤ %d ms", limit.Milliseconds()),
		figures.Millis(slowest[limit])+", the slowest", slowest[limit] <= limit)
}

// rawScan returns how long it takes to look through all names.
func rawScan(h *house) time.Duration {
	var took []time.Duration
	for range 20 {
		began := time.Now()
		bytes.Count(h.names, []byte(part))
		took = append(took, time.Since(began))
	}
	return figures.Median(took, figures.Same)
}
