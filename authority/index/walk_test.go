package index

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"tokenscale/epoch"
	"tokenscale/token"
)

var everyOrder = []token.Order{token.ByName, token.ByExpiry, token.ByCreation, token.ByLastUse}

// walk reads all pages by their cursors, and returns the ids that it meets. between is called
// after each page.
func walk(t testing.TB, x *Index, q token.Query, between func()) []token.ID {
	t.Helper()
	var ids []token.ID
	for {
		p := x.Page(q, now)
		ids = append(ids, idsOf(p.Entries)...)
		if !p.More {
			return ids
		}
		if p.End == "" || p.End == q.After {
			t.Fatalf("%+v: more follows, but the walk stands still", q)
		}
		q.After = p.End
		between()
	}
}

// A stable token has a number that ends in 0, and nobody touches it; the others come and go.
func stable(id token.ID) bool { return strings.HasSuffix(string(id), "0") }

func onlyStable(ids []token.ID) []token.ID {
	return slices.DeleteFunc(ids, func(id token.ID) bool { return !stable(id) })
}

func TestAWalkByCursorMeetsEachUntouchedTokenOnceWhateverElseChanges(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x, n := New(), newNaive()
		const ids = 300
		for i := range ids {
			v := anyToken(i, ids)
			v.ID, v.Number = idOf(i), numberOf(idOf(i))
			n.put(v)
			put(x, v)
			if e, ok := x.Find(v.ID); ok && i%3 == 0 {
				n.used[v.ID] = epoch.Millis(1 + i%5)
				x.Touch(e, n.used[v.ID], home)
			}
		}
		q, _ := drawQuery(rt, n, ids)
		q.After, q.Skip, q.Limit = "", 0, rapid.IntRange(1, 60).Draw(rt, "limit")
		got := walk(t, x, q, func() {
			for range rapid.IntRange(0, 40).Draw(rt, "changes") {
				v := anyToken(rapid.Int().Draw(rt, "seed"), ids)
				if stable(v.ID) || string(v.ID) == q.Search {
					continue
				}
				if drop(x, v.ID); rapid.Bool().Draw(rt, "made") {
					put(x, v)
				}
			}
		})
		q.Limit = ids + 1
		_, want, _ := n.page(q, nil)
		if got, want = onlyStable(got), onlyStable(want); !slices.Equal(got, want) {
			rt.Fatalf("%+v: met %v, want %v", q, got, want)
		}
	})
}

// The same while others create, delete and use at full speed.
func TestAWalkByCursorBesideOthersAtFullSpeed(t *testing.T) {
	x := New()
	const most = 3000
	var want []token.ID
	for i := range most {
		put(x, tokenOf(i, fmt.Sprint("n", i%7), epoch.Millis(i%5)))
		if stable(idOf(i)) {
			want = append(want, idOf(i))
		}
	}
	stop := make(chan struct{})
	var work sync.WaitGroup
	defer func() {
		close(stop)
		work.Wait()
	}()
	for g := range 2 {
		work.Go(func() {
			for i := g; ; i += 2 {
				select {
				case <-stop:
					return
				default:
				}
				if id := idOf(i % most); !stable(id) {
					drop(x, id)
					put(x, tokenOf(i%most, fmt.Sprint("n", i%11), epoch.Millis(i%13)))
					if e, ok := x.Find(id); ok {
						x.Touch(e, epoch.Millis(i%13), home)
					}
				}
			}
		})
	}
	for _, order := range everyOrder {
		for _, descending := range []bool{false, true} {
			got := onlyStable(walk(t, x, token.Query{Order: order, Descending: descending, Limit: 97}, func() {}))
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Errorf("order %v, descending %v: %d untouched tokens were met, want %d, each once", order, descending, len(got), len(want))
			}
		}
	}
}

func TestASkipCountsFromTheCursor(t *testing.T) {
	x := New()
	for i := range 10 {
		put(x, tokenOf(i, fmt.Sprint("n", i), 0))
	}
	for _, order := range everyOrder {
		first := x.Page(token.Query{Order: order, Limit: 3}, now)
		second := x.Page(token.Query{Order: order, Limit: 3, Skip: 2, After: first.End}, now)
		if got, want := idsOf(second.Entries), []token.ID{idOf(5), idOf(6), idOf(7)}; !slices.Equal(got, want) || second.Total != 10 || !second.More {
			t.Errorf("order %v: %v of %d, more %v; want %v of 10, and more", order, got, second.Total, second.More, want)
		}
	}
}
