package index

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/token"
)

// A naive index is a heap of tokens that is sorted anew for each page.
type naive struct{ tokens map[token.ID]token.Token }

func (n *naive) put(t token.Token) { n.tokens[t.ID] = t }

func (n *naive) drop(id token.ID) { delete(n.tokens, id) }

var foldings sync.Map

func folded(s string) string {
	f, ok := foldings.Load(s)
	if !ok {
		plain := norm.NFC.String(cases.Fold().String(norm.NFD.String(s)))
		f, _ = foldings.LoadOrStore(s, norm.NFC.String(strings.ReplaceAll(norm.NFD.String(plain), "i\u0307", "i")))
	}
	return f.(string)
}

// A row is a token with what it is sorted by.
type row struct {
	token.Token
	folded string
	ends   uint64
}

func (n *naive) page(q token.Query) (int, []token.ID) {
	var found []row
	part := folded(q.Search)
	for _, t := range n.tokens {
		if f := folded(t.Name); strings.Contains(f, part) {
			found = append(found, row{t, f, uint64(t.ExpireAt) - 1}) // never is last
		}
	}
	if t, ok := n.tokens[token.ID(q.Search)]; ok {
		found = []row{{Token: t}}
	}
	slices.SortFunc(found, func(a, b row) int {
		by := 0
		if q.ByExpiry {
			by = cmp.Compare(a.ends, b.ends)
		}
		if by = cmp.Or(by, strings.Compare(a.folded, b.folded), strings.Compare(string(a.ID), string(b.ID))); q.Descending {
			return -by
		}
		return by
	})
	total := len(found)
	found = found[min(q.Skip, total):]
	found = found[:min(q.Limit, len(found))]
	ids := make([]token.ID, len(found))
	for i, t := range found {
		ids[i] = t.ID
	}
	return total, ids
}

// Few names and expiries, so that many are alike; with letters of which case
// folding makes two, and with parts of one another.
var (
	names = []string{"a", "A", "ab", "Ab", "aB", "b", "ba", "straße", "STRASSE", "Strasse 2", "ÄRZTE", "ärzte", "ß", "s", "ẞ", "İ", "K", "k", "ſ", "ﬀ", "FF", "z", "~", "日本", "a b", "Z~",
		"Café", "cafe\u0301", "CAFE", "cafz", "e\u0301", "é", "f", "İstanbul", "istanbul", "I\u0307", "i\u0301", "한", "\u1112\u1161\u11ab", "ΟΔΟΣ", "οδος"}
	expiries = []epoch.Millis{0, 0, 1, 2, 2, 3, 1000}
	searches = []string{"", "", "a", "B", "ss", "ß", "SS", "ä", "Ä", "k", "zzz", "~", "本", "f", "i", "É", "e\u0301", "caf", "istanbul", "ISTANBUL", "İ", "\u1112\u1161\u11ab", "σ", " ", "\n", string(idOf(3)), string(idOf(999)), "0000"}
)

func drawToken(t *rapid.T, ids int) token.Token {
	return token.Token{
		ID:       idOf(rapid.IntRange(0, ids).Draw(t, "id")),
		Name:     rapid.SampledFrom(names).Draw(t, "name"),
		ExpireAt: rapid.SampledFrom(expiries).Draw(t, "expiry"),
		FilterID: rapid.SampledFrom([]ipfilter.ID{"", "one", "two"}).Draw(t, "filter"),
	}
}

func drawQuery(t *rapid.T) token.Query {
	return token.Query{
		Search:   rapid.SampledFrom(searches).Draw(t, "search"),
		ByExpiry: rapid.Bool().Draw(t, "by expiry"), Descending: rapid.Bool().Draw(t, "descending"),
		Skip:  rapid.SampledFrom([]int{0, 0, 1, 2, 7, 40, 2000, 1 << 31}).Draw(t, "skip"),
		Limit: rapid.SampledFrom([]int{0, 1, 2, 7, 50, 1000}).Draw(t, "limit"),
	}
}

func TestTheIndexAnswersLikeASliceWhateverWasDoneToIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, n := New(), &naive{map[token.ID]token.Token{}}
		ids := rapid.SampledFrom([]int{5, 40, 1200}).Draw(t, "how many ids")
		if first := rapid.SampledFrom([]int{0, 0, 0, 30, 800}).Draw(t, "loaded at once"); first > 0 {
			x.Load(loader(loaded(n, first)))
		}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				v := drawToken(t, ids)
				n.put(v)
				put(x, v)
			},
			"put many": func(t *rapid.T) {
				seed := rapid.Int().Draw(t, "seed")
				for i := range 300 {
					v := anyToken(seed+i, ids)
					n.put(v)
					put(x, v)
				}
			},
			"drop": func(t *rapid.T) {
				from := rapid.IntRange(0, ids).Draw(t, "from")
				for i := range rapid.SampledFrom([]int{1, 1, 200}).Draw(t, "times") {
					n.drop(idOf(from + i))
					drop(x, idOf(from+i))
				}
			},
			"page":  func(t *rapid.T) { samePage(t, x, n, drawQuery(t)) },
			"other": func(t *rapid.T) { sameRest(t, x, n) },
		})
	})
}

// anyToken is drawToken without the trouble of drawing.
func anyToken(seed, ids int) token.Token {
	r := rand.New(rand.NewPCG(uint64(seed), 0))
	return token.Token{
		ID: idOf(r.IntN(ids + 1)), Name: names[r.IntN(len(names))],
		ExpireAt: expiries[r.IntN(len(expiries))], FilterID: []ipfilter.ID{"", "one", "two"}[r.IntN(3)],
	}
}

func loaded(n *naive, count int) []token.Token {
	for i := range count {
		n.put(token.Token{ID: idOf(i), Name: names[i%len(names)], ExpireAt: expiries[i%len(expiries)]})
	}
	return slices.Collect(maps.Values(n.tokens))
}

func samePage(t *rapid.T, x *Index, n *naive, q token.Query) {
	total, page := x.Page(q)
	wantTotal, want := n.page(q)
	if diff := gocmp.Diff(idsOf(page), want); diff != "" || total != wantTotal {
		t.Fatalf("%+v: %d in all, want %d; page (-got +want):\n%s", q, total, wantTotal, diff)
	}
}

// sameRest compares what is not a page.
func sameRest(t *rapid.T, x *Index, n *naive) {
	var census Census
	byFilter := map[ipfilter.ID]int{}
	for _, v := range n.tokens {
		byFilter[v.FilterID]++
		switch e, ok := x.Find(v.ID); {
		case !ok || e.Token() != v:
			t.Fatalf("Find(%s) = %v, want %+v", v.ID, ok, v)
		case v.Expired(2):
			census.Expired++
			continue
		case v.ExpireAt == 0:
			census.Endless++
		}
		census.Active++
	}
	if got := x.Census(2); got != census || x.Len() != len(n.tokens) {
		t.Fatalf("Census = %+v of %d, want %+v of %d", got, x.Len(), census, len(n.tokens))
	}
	if got := x.DueBefore(3, 1<<20); len(got) != census.Expired {
		t.Fatalf("DueBefore = %d tokens, want %d", len(got), census.Expired)
	}
	if got, page := x.BoundTo("one", 1, 5); got != byFilter["one"] || len(page) != min(5, max(0, got-1)) {
		t.Fatalf("BoundTo = %d, %d; want %d", got, len(page), byFilter["one"])
	}
}
