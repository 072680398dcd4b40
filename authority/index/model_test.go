package index

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"tokenscale/authority/index/cells"
	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/token"
)

// A naive index is a heap of tokens that is sorted anew for each page.
type naive struct {
	tokens map[token.ID]token.Token
	used   map[token.ID]epoch.Millis
}

func newNaive() *naive {
	return &naive{map[token.ID]token.Token{}, map[token.ID]epoch.Millis{}}
}

func (n *naive) put(t token.Token) { n.tokens[t.ID] = t }

func (n *naive) drop(id token.ID) {
	delete(n.tokens, id)
	delete(n.used, id)
}

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
	noted  string // folded too
	ends   uint64
	used   epoch.Millis
}

func (n *naive) row(t token.Token) row {
	ends := uint64(t.ExpireAt) - 1 // never is last
	return row{t, folded(t.Name), folded(t.Note), ends, n.used[t.ID]}
}

// matches repeats in other words what package token says of filters.
func (n *naive) matches(q token.Query, r row) bool {
	if _, isID := n.tokens[token.ID(q.Search)]; isID && string(r.ID) != q.Search || !isID && !r.holds(q) {
		return false
	}
	if q.Permissions != nil && !slices.ContainsFunc(q.Permissions, r.Permissions.Has) {
		return false
	}
	state := token.Active
	if r.ReplacedBy != "" {
		state = token.InGrace
	}
	if r.ends < uint64(now) {
		state = token.Expired
	}
	switch {
	case q.States != nil && !slices.Contains(q.States, state):
	case q.ExpiresBefore != 0 && (q.ExpiresBefore < 0 || r.ends >= uint64(q.ExpiresBefore)-1):
	case q.UnusedSince != 0 && (r.used >= q.UnusedSince || r.IssuedAt >= q.UnusedSince):
	case q.FilterIDs != nil && (r.FilterID == "" || !slices.Contains(q.FilterIDs, r.FilterID)):
	case q.CreatedBy != nil && !slices.Contains(q.CreatedBy, r.CreatedBy) && (r.Maker == 0 || !slices.Contains(q.Makers, r.Maker)):
	case q.NeverExpires != nil && *q.NeverExpires != (r.ExpireAt == 0):
	case q.WithoutFilter != nil && *q.WithoutFilter != (r.FilterID == ""):
	default:
		return true
	}
	return false
}

// holds reports whether the name holds what is searched for, or the note if that is as good.
func (r row) holds(q token.Query) bool {
	part := folded(q.Search)
	return strings.Contains(r.folded, part) || q.SearchNotes && strings.Contains(r.noted, part)
}

// compare compares in the direction of q.
func compare(q token.Query, a, b row) int {
	by := 0
	switch q.Order {
	case token.ByName:
		by = strings.Compare(a.folded, b.folded)
	case token.ByExpiry:
		by = cmp.Or(cmp.Compare(a.ends, b.ends), strings.Compare(a.folded, b.folded))
	case token.ByCreation:
		by = cmp.Compare(a.CreatedAt, b.CreatedAt)
	case token.ByLastUse:
		by = cmp.Compare(a.used, b.used)
	}
	if by = cmp.Or(by, strings.Compare(string(a.ID), string(b.ID))); q.Descending {
		return -by
	}
	return by
}

// page returns how many match, the ids of the page, and whether more follow. after is where the
// cursor of q points, if it has one.
func (n *naive) page(q token.Query, after *row) (total int, ids []token.ID, more bool) {
	var found []row
	for _, t := range n.tokens {
		if r := n.row(t); n.matches(q, r) {
			found = append(found, r)
		}
	}
	total = len(found)
	if after != nil {
		found = slices.DeleteFunc(found, func(r row) bool { return compare(q, r, *after) <= 0 })
	}
	slices.SortFunc(found, func(a, b row) int { return compare(q, a, b) })
	found = found[min(q.Skip, len(found)):]
	ids = []token.ID{}
	for _, r := range found[:min(q.Limit, len(found))] {
		ids = append(ids, r.ID)
	}
	return total, ids, len(ids) > 0 && len(found) > len(ids)
}

// Few names and expiries, so that many are alike; with letters of which case
// folding makes two, and with parts of one another.
var (
	names = []string{"a", "A", "ab", "Ab", "aB", "b", "ba", "straße", "STRASSE", "Strasse 2", "ÄRZTE", "ärzte", "ß", "s", "ẞ", "İ", "K", "k", "ſ", "ﬀ", "FF", "z", "~", "日本", "a b", "Z~",
		"Café", "cafe\u0301", "CAFE", "cafz", "e\u0301", "é", "f", "İstanbul", "istanbul", "I\u0307", "i\u0301", "한", "\u1112\u1161\u11ab", "ΟΔΟΣ", "οδος"}
	expiries = []epoch.Millis{0, 0, 1, 2, 2, 3, 1000}
	searches = []string{"", "", "a", "B", "ss", "ß", "SS", "ä", "Ä", "k", "zzz", "~", "本", "f", "i", "É", "e\u0301", "caf", "istanbul", "ISTANBUL", "İ", "\u1112\u1161\u11ab", "σ", " ", "\n", string(idOf(3)), string(idOf(999)), "0000"}
)

// now is when all pages are asked for.
const now epoch.Millis = 2

func drawToken(t *rapid.T, ids int) token.Token {
	return anyToken(rapid.Int().Draw(t, "seed"), ids)
}

// anyToken is one of many with few names, moments, filters and makers.
func anyToken(seed, ids int) token.Token {
	r := rand.New(rand.NewPCG(uint64(seed), 0))
	id := r.IntN(ids + 1)
	v := token.Token{
		Number: token.Number(id + 1), ID: idOf(id), Name: names[r.IntN(len(names))], Permissions: permission.Set(r.IntN(16)),
		ExpireAt: expiries[r.IntN(len(expiries))], FilterID: []ipfilter.ID{"", "one", "two"}[r.IntN(3)],
		CreatedAt: epoch.Millis(1 + r.IntN(4)), CreatedBy: []token.ID{token.Root, idOf(1), "gone"}[r.IntN(3)],
	}
	v.Number, v.Maker = numberOf(v.ID), map[token.ID]token.Number{idOf(1): numberOf(idOf(1)), "gone": 7}[v.CreatedBy]
	if r.IntN(3) == 0 {
		v.Note = names[r.IntN(len(names))]
	}
	v.IssuedAt = v.CreatedAt + epoch.Millis(r.IntN(3))
	if r.IntN(5) == 0 {
		v.ReplacedBy = idOf(r.IntN(ids + 1))
	}
	return v
}

// drawQuery draws what to ask for, with a cursor at any token: one that is there, or not.
func drawQuery(t *rapid.T, n *naive, ids int) (token.Query, *row) {
	q := token.Query{
		Order:      rapid.SampledFrom([]token.Order{token.ByName, token.ByExpiry, token.ByCreation, token.ByLastUse}).Draw(t, "order"),
		Descending: rapid.Bool().Draw(t, "descending"),
		Skip:       rapid.SampledFrom([]int{0, 0, 1, 2, 7, 40, 2000, 1<<31 - 1}).Draw(t, "skip"),
		Limit:      rapid.SampledFrom([]int{0, 1, 2, 7, 50, 1000}).Draw(t, "limit"),
	}
	if rapid.IntRange(0, 2).Draw(t, "searched") == 0 {
		q.Search = rapid.SampledFrom(searches).Draw(t, "search")
		q.SearchNotes = rapid.Bool().Draw(t, "in notes too")
	}
	for n := range rapid.IntRange(0, 3).Draw(t, "filters") {
		drawFilter(t, &q, n)
	}
	if rapid.Bool().Draw(t, "from the beginning") {
		return q, nil
	}
	v, there := n.tokens[idOf(rapid.IntRange(0, ids).Draw(t, "after"))]
	if !there {
		v = drawToken(t, ids)
	}
	after := n.row(v)
	q.After = token.PlaceOf(v, after.used, q.Order, q.Descending).Cursor()
	return q, &after
}

// drawFilter has q ask for one thing more, or for another value of it.
func drawFilter(t *rapid.T, q *token.Query, n int) {
	yes, no := true, false
	moments := []epoch.Millis{1, 2, 3, 4, 6, 2000, -1, math.MinInt64, math.MaxInt64}
	switch rapid.IntRange(0, 7).Draw(t, fmt.Sprint("filter ", n)) {
	case 0:
		q.Permissions = rapid.SampledFrom([][]permission.Permission{{0}, {1, 3}, {15}}).Draw(t, "permissions")
	case 1:
		q.States = rapid.SampledFrom([][]token.State{{token.Active}, {token.Expired}, {token.InGrace, token.Active}}).Draw(t, "states")
	case 2:
		q.ExpiresBefore = rapid.SampledFrom(moments).Draw(t, "expires before")
	case 3:
		q.UnusedSince = rapid.SampledFrom(moments).Draw(t, "unused since")
	case 4:
		q.FilterIDs = rapid.SampledFrom([][]ipfilter.ID{{"one"}, {"one", "two", "one"}, {""}, {"none", ""}}).Draw(t, "filters")
	case 5:
		q.CreatedBy = rapid.SampledFrom([][]token.ID{{token.Root}, {"gone"}, {"nobody"}, {"nobody", "gone"}}).Draw(t, "by")
		q.Makers = rapid.SampledFrom([][]token.Number{nil, {0}, {7}, {8, 7}}).Draw(t, "by numbers")
	case 6:
		q.NeverExpires = rapid.SampledFrom([]*bool{&yes, &no}).Draw(t, "never expires")
	default:
		q.WithoutFilter = rapid.SampledFrom([]*bool{&yes, &no}).Draw(t, "without filter")
	}
}

func TestTheIndexAnswersLikeASliceWhateverWasDoneToIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, n := New(), newNaive()
		var held []moment
		ids := rapid.SampledFrom([]int{5, 40, 1200}).Draw(t, "how many ids")
		if first := rapid.SampledFrom([]int{0, 0, 0, 30, 800}).Draw(t, "loaded at once"); first > 0 {
			load(x, loaded(n, first))
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
			"a batch": func(t *rapid.T) {
				seed := rapid.Int().Draw(t, "seed")
				x.Update(func(b *Batch) {
					for i := range rapid.SampledFrom([]int{3, 30, 1000}).Draw(t, "times") {
						v := anyToken(seed+i, ids)
						if i%3 == 2 {
							n.drop(v.ID)
							b.Drop(v.ID)
							continue
						}
						n.put(v)
						b.Put(v)
					}
				})
			},
			"hold a moment": func(*rapid.T) { held = append(held, moment{x.now(), maps.Clone(n.tokens)}) },
			"drop": func(t *rapid.T) {
				from := rapid.IntRange(0, ids).Draw(t, "from")
				for i := range rapid.SampledFrom([]int{1, 1, 200}).Draw(t, "times") {
					n.drop(idOf(from + i))
					drop(x, idOf(from+i))
				}
			},
			"use": func(t *rapid.T) {
				from := rapid.IntRange(0, ids).Draw(t, "from")
				for i := range rapid.SampledFrom([]int{1, 30}).Draw(t, "times") {
					id, at := idOf(from+i), epoch.Millis(1+i%5)
					if e, ok := x.Find(id); ok {
						n.used[id] = max(n.used[id], at)
						x.Touch(e, at, home)
					}
				}
			},
			"page": func(t *rapid.T) {
				q, after := drawQuery(t, n, ids)
				samePage(t, x, n, q, after)
			},
			"other": func(t *rapid.T) { sameRest(t, x, n) },
		})
		for _, m := range held {
			m.check(t)
		}
	})
}

// A moment is a picture that somebody still holds, and what the tokens were.
type moment struct {
	*picture
	tokens map[token.ID]token.Token
}

// check checks that nothing of the moment has changed since.
func (m moment) check(t *rapid.T) {
	for _, order := range []cells.Tree{m.names, m.endings, m.births, m.numbers} {
		seen := 0
		for e := range m.walk(order, 0) {
			if e.Token() != m.tokens[e.ID()] {
				t.Fatalf("%+v has become %+v in a moment that was held", m.tokens[e.ID()], e.Token())
			}
			seen++
		}
		if seen != len(m.tokens) || m.size != seen {
			t.Fatalf("of %d tokens %d are left in a moment that was held", len(m.tokens), seen)
		}
	}
}

func loaded(n *naive, count int) []token.Token {
	for i := range count {
		v := anyToken(i, count)
		v.ID, v.Number = idOf(i), numberOf(idOf(i))
		n.put(v)
	}
	return slices.Collect(maps.Values(n.tokens))
}

func samePage(t *rapid.T, x *Index, n *naive, q token.Query, after *row) {
	p := x.Page(q, now)
	wantTotal, want, more := n.page(q, after)
	if diff := gocmp.Diff(idsOf(p.Entries), want); diff != "" || p.Total != wantTotal || p.More != more {
		t.Fatalf("%+v behind %+v: %d in all, want %d; more %v, want %v; page (-got +want):\n%s", q, after, p.Total, wantTotal, p.More, more, diff)
	}
	end := token.Cursor("")
	if len(want) > 0 {
		last := want[len(want)-1]
		end = token.PlaceOf(n.tokens[last], n.used[last], q.Order, q.Descending).Cursor()
	}
	if p.End != end {
		t.Fatalf("%+v: the page ends at %q, want %q", q, p.End, end)
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
		case !atSlot(x, v):
			t.Fatalf("%+v is not found by its number", v)
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
	if got := slices.Collect(x.ByNumber()); len(got) != len(n.tokens) || !slices.IsSortedFunc(got, func(a, b Entry) int {
		return cmp.Compare(a.Token().Number, b.Token().Number)
	}) {
		t.Fatalf("%d tokens come in the order of their numbers, want %d", len(got), len(n.tokens))
	}
	if got := x.DueBefore(3, 1<<20); len(got) != census.Expired {
		t.Fatalf("DueBefore = %d tokens, want %d", len(got), census.Expired)
	}
	if got, page := x.BoundTo("one", 1, 5); got != byFilter["one"] || len(page) != min(5, max(0, got-1)) {
		t.Fatalf("BoundTo = %d, %d; want %d", got, len(page), byFilter["one"])
	}
}

func atSlot(x *Index, v token.Token) bool {
	e, there := x.At(v.Number, v.InGrace())
	n, known := x.Number(v.ID)
	return there && known && e.ID() == v.ID && n == v.Number
}

// A rotation frees a slot and fills it again, in whatever order the rows come; of a number there
// are never more than two strings.
func TestANumberHasOneTokenAndOneInItsGracePeriod(t *testing.T) {
	one, two := token.Token{Number: 7, ID: "one", Name: "n"}, token.Token{Number: 7, ID: "two", Name: "n"}
	inGrace, next := one, two
	inGrace.ReplacedBy, next.Replaces = "two", "one"
	for name, test := range map[string]struct {
		rows []token.Token
		want []token.ID
	}{
		"with a grace period":          {[]token.Token{next, inGrace}, []token.ID{"one", "two"}},
		"with one, the old row first":  {[]token.Token{inGrace, next}, []token.ID{"one", "two"}},
		"with none":                    {[]token.Token{two}, []token.ID{"two"}},
		"twice, with a grace each":     {[]token.Token{next, inGrace, {Number: 7, ID: "three", Replaces: "two"}, {Number: 7, ID: "two", ReplacedBy: "three"}}, []token.ID{"three", "two"}},
		"twice, the second time bared": {[]token.Token{next, inGrace, {Number: 7, ID: "three"}}, []token.ID{"one", "three"}},
	} {
		t.Run(name, func(t *testing.T) {
			x := New()
			put(x, one)
			x.Touch(find(t, x, "one"), 5, home)
			put(x, test.rows...)
			var got []token.ID
			for e := range x.ByName() {
				got = append(got, e.ID())
				if !atSlot(x, e.Token()) {
					t.Errorf("%s is not found by its number", e.ID())
				}
			}
			if !slices.Equal(slices.Sorted(slices.Values(got)), test.want) || x.Len() != len(test.want) {
				t.Errorf("there are %v, want %v", got, test.want)
			}
			if e, ok := x.Find("one"); ok && e.LastUse().At != 5 {
				t.Error("the last use of the old string is lost")
			}
		})
	}
}
