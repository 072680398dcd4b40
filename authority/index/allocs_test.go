package index

import (
	"fmt"
	"testing"

	"tokenscale/token"
)

// What looking for tokens may allocate, however many there are: the page, the
// cursor, and what leads through an order. Lower them when it becomes less.
const (
	pageMallocs     = 9
	searchMallocs   = 13
	byExpiryMallocs = 13
)

func TestAPageAllocatesNoMoreThanItDid(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for _, size := range []int{1_000, 20_000} {
		x := New()
		for i := range size {
			put(x, tokenOf(i, fmt.Sprintf("Nurse %06d", i), 0))
		}
		for name, c := range map[string]struct {
			q    token.Query
			most float64
		}{
			"the first page":          {token.Query{Limit: 50}, pageMallocs},
			"a far page":              {token.Query{Skip: size * 7 / 10, Limit: 50}, pageMallocs},
			"a far page by expiry":    {token.Query{Skip: size * 7 / 10, Limit: 50, Order: token.ByExpiry}, pageMallocs},
			"a search that finds one": {token.Query{Search: "nurse 000123", Limit: 50}, searchMallocs},
			"a search that finds all": {token.Query{Search: "NURSE", Limit: 50}, searchMallocs},
			"a search by expiry":      {token.Query{Search: "NURSE", Limit: 50, Order: token.ByExpiry}, byExpiryMallocs},
		} {
			if got := testing.AllocsPerRun(100, func() { x.Page(c.q, 1) }); got > c.most {
				t.Errorf("%s of %d tokens: %v allocations, want at most %v", name, size, got, c.most)
			} else {
				t.Logf("%s of %d tokens: %v allocations", name, size, got)
			}
		}
	}
}
