package effects

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"tokenscale/authority/index"
	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/token"
)

// Counts is what a change of the policies would do with all tokens. Each is counted once.
type Counts struct {
	Deleted, Capped, Refiltered, Unchanged int

	// Busiest are the days, UTC, on which most of the capped ones would end, the busiest first: at
	// most five.
	Busiest []Day
}

// A Day is how many tokens would end in the 24 hours that begin at Start.
type Day struct {
	Start epoch.Millis
	Count int
}

// Affected is a token that would not stay as it is.
type Affected struct {
	index.Entry
	Verdict policy.Verdict
	After   token.Token // nothing if the verdict is Delete
}

// Policies returns what a tightening of the policies at now would do to tokens, and one page of
// those that it affects, in the order in which they come.
func Policies(rule policy.Security, tokens iter.Seq[index.Entry], now epoch.Millis, skip, limit int) (Counts, []Affected) {
	var all Counts
	page := []Affected{}
	endings := map[epoch.Millis]int{}
	for e := range tokens {
		after, verdict := rule.Judge(e.Token(), now)
		n := all.count(verdict)
		if verdict == policy.Cap {
			endings[dayOf(after.ExpireAt)]++
		}
		if verdict != policy.Keep && n > skip && n <= skip+limit {
			page = append(page, Affected{e, verdict, after})
		}
	}
	all.Busiest = busiest(endings)
	return all, page
}

// count adds one token and returns how many are affected so far.
func (c *Counts) count(v policy.Verdict) int {
	switch v {
	case policy.Delete:
		c.Deleted++
	case policy.Cap:
		c.Capped++
	case policy.Refilter:
		c.Refiltered++
	default:
		c.Unchanged++
	}
	return c.Deleted + c.Capped + c.Refiltered
}

const day = epoch.Millis(24 * time.Hour / time.Millisecond)

func dayOf(m epoch.Millis) epoch.Millis { return m - m%day }

// mostDays is how many days are told.
const mostDays = 5

func busiest(endings map[epoch.Millis]int) []Day {
	days := make([]Day, 0, len(endings))
	for _, start := range slices.Sorted(maps.Keys(endings)) {
		days = append(days, Day{start, endings[start]})
	}
	slices.SortStableFunc(days, func(a, b Day) int { return cmp.Compare(b.Count, a.Count) })
	return days[:min(mostDays, len(days))]
}
