package index

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/token"
)

// A place is the key of a token's row.
type place struct {
	number  token.Number
	inGrace bool
}

// A store is the rows of tokens, and what must be known of their uses.
type rowStore struct {
	rows map[place]token.Token
	used map[token.ID]epoch.Millis
	made int
}

func (s *rowStore) newID() token.ID {
	s.made++
	return idOf(s.made)
}

// command does what a command does with the rows.
func (s *rowStore) command(r *rand.Rand) {
	n := token.Number(1 + r.IntN(6))
	now, alive := s.rows[place{n, false}]
	switch r.IntN(6) {
	case 0:
		if !alive {
			s.rows[place{n, false}] = token.Token{Number: n, ID: s.newID(), Name: fmt.Sprint("t", n), CreatedAt: epoch.Millis(n)}
		}
	case 1, 2: // rotated, with a grace period or without
		if !alive {
			return
		}
		next := now
		next.ID, next.Replaces, next.IssuedAt = s.newID(), "", epoch.Millis(s.made)
		delete(s.rows, place{n, true})
		if r.IntN(2) == 0 {
			now.ReplacedBy, next.Replaces = next.ID, now.ID
			s.rows[place{n, true}] = now
		}
		s.rows[place{n, false}] = next
	case 3:
		delete(s.rows, place{n, true})
	case 4:
		if alive {
			delete(s.rows, place{n, false})
			delete(s.rows, place{n, true})
		}
	case 5:
		if alive {
			now.ExpireAt = epoch.Millis(r.IntN(9))
			s.rows[place{n, false}] = now
		}
	}
}

// A commit brings the rows that differ, in any order. After it the index has a token for each row,
// and no other; one whose row has moved keeps its last use.
func TestAfterEachCommitTheTokensAreThoseOfTheRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		s := &rowStore{map[place]token.Token{}, map[token.ID]epoch.Millis{}, 0}
		x := New()
		for range 40 {
			before := maps.Clone(s.rows)
			for range 1 + r.IntN(4) {
				s.command(r)
			}
			x.Update(func(b *Batch) { commit(b, before, s.rows) }) // a map is walked in any order
			compareRows(t, x, s)
			for _, v := range s.rows {
				if r.IntN(3) == 0 {
					s.used[v.ID]++
					x.Touch(find(t, x, v.ID), s.used[v.ID], home)
				}
			}
		}
	})
}

func commit(b *Batch, before, after map[place]token.Token) {
	all := maps.Clone(before)
	maps.Copy(all, after)
	for at := range all {
		switch v, there := after[at]; {
		case !there:
			b.DropRow(at.number, at.inGrace)
		case v != before[at]:
			b.Put(v)
		}
	}
}

func compareRows(t *rapid.T, x *Index, s *rowStore) {
	if x.Len() != len(s.rows) {
		t.Fatalf("%d tokens, want %d", x.Len(), len(s.rows))
	}
	for at, v := range s.rows {
		e, ok := x.Find(v.ID)
		if !ok || e.Token() != v {
			t.Fatalf("of row %v: %v %+v, want %+v", at, ok, e.Token(), v)
		}
		if got := e.LastUse().At; got != s.used[v.ID] {
			t.Fatalf("%s was last used at %d, want %d", v.ID, got, s.used[v.ID])
		}
		if n, ok := x.Number(v.ID); n != at.number || !ok {
			t.Fatalf("the number of %s is %d, want %d", v.ID, n, at.number)
		}
	}
	numbers := func(yield func(token.Number) bool) {
		for e := range x.ByNumber() {
			if !yield(e.Token().Number) {
				return
			}
		}
	}
	if list := slices.Collect(numbers); !slices.IsSorted(list) || len(list) != len(s.rows) {
		t.Fatalf("by number they are %v", list)
	}
}

// A row that does not open is known by its key only.
func TestTheTokenOfARowThatDoesNotOpenIsRefusedUntilItIsWrittenAnew(t *testing.T) {
	x := New()
	now, old := token.Token{Number: 5, ID: idOf(1), Replaces: idOf(2)}, token.Token{Number: 5, ID: idOf(2), ReplacedBy: idOf(1)}
	put(x, now, old, token.Token{Number: 6, ID: idOf(3)})
	x.Update(func(b *Batch) { b.DistrustRow(5, true) })
	for i, want := range map[int]bool{1: false, 2: true, 3: false} {
		if got := find(t, x, idOf(i)).Distrusted(); got != want {
			t.Errorf("token %d is distrusted: %v, want %v", i, got, want)
		}
	}
	put(x, old)
	if find(t, x, idOf(2)).Distrusted() {
		t.Error("a row that was written anew is not believed")
	}
}

// Judging is what package policy says of each token, all at once; who looks at the moment before
// sees no part of it.
func TestJudgingBringsEachTokenUnderThePolicyAtOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, n := New(), newNaive()
		count := rapid.SampledFrom([]int{3, 200, 2000}).Draw(t, "tokens")
		load(x, loaded(n, count))
		for i := range 100 { // and others that came later
			v := anyToken(i, 2*count)
			n.put(v)
			put(x, v)
		}
		for _, v := range n.tokens {
			n.used[v.ID] = v.CreatedAt + 10
			x.Touch(find(t, x, v.ID), v.CreatedAt+10, home)
		}
		before, was := x.now(), maps.Clone(n.tokens)
		rule := policy.Security{
			Enabled:  rapid.IntRange(0, 5).Draw(t, "enabled") > 0,
			MaxAgeMs: rapid.SampledFrom([]int64{0, 1, 2, 900}).Draw(t, "maximum"), FilterID: "two",
		}
		at := epoch.Millis(rapid.IntRange(1, 6).Draw(t, "at"))
		for id, v := range n.tokens {
			if after, verdict := rule.Judge(v, at); verdict == policy.Delete {
				n.drop(id)
			} else {
				n.put(after)
			}
		}
		x.Update(func(b *Batch) { b.Judge(rule, at) })
		sameRest(t, x, n)
		samePages(t, x, n)
		for e := range before.walk(before.endings, 0) {
			if e.Token() != was[e.ID()] {
				t.Fatalf("in the moment before stands %+v, want %+v", e.Token(), was[e.ID()])
			}
			delete(was, e.ID())
		}
		if len(was) > 0 {
			t.Fatalf("%d tokens are missing in the moment before", len(was))
		}
		for i := range 50 { // what was freed is used again
			v := anyToken(1000+i, 2*count)
			n.put(v)
			put(x, v)
		}
		sameRest(t, x, n)
		samePages(t, x, n)
	})
}

// samePages compares the beginning of each order.
func samePages(t *rapid.T, x *Index, n *naive) {
	for _, order := range []token.Order{token.ByName, token.ByExpiry, token.ByCreation, token.ByLastUse} {
		samePage(t, x, n, token.Query{Order: order, Limit: 1000}, nil)
		samePage(t, x, n, token.Query{Order: order, Limit: 10, Descending: true}, nil)
	}
}

// A history may bring several tightenings at once, and some that the index has met.
func TestSettingAHistoryJudgesByEachTighteningThatIsNewOnce(t *testing.T) {
	x := New()
	put(x, token.Token{Number: 1, ID: idOf(1), CreatedAt: 100}, token.Token{Number: 2, ID: idOf(2), CreatedAt: 900})
	capped := func(ms int64) policy.Tightening {
		return policy.Tightening{Rule: policy.Security{Enabled: true, MaxAgeMs: ms}, At: 1000}
	}
	set := func(h policy.History) { x.Update(func(b *Batch) { b.SetHistory(h) }) }
	first, second := capped(500), policy.Tightening{Rule: policy.Security{Enabled: true, FilterID: "f"}, At: 1000}
	set(policy.History{Newest: 2, Past: []policy.Tightening{first, second}})
	if _, ok := x.Find(idOf(1)); ok || x.Len() != 1 {
		t.Error("a token that the first dooms is still there")
	}
	want := token.Token{Number: 2, ID: idOf(2), CreatedAt: 900, ExpireAt: 1400, FilterID: "f"}
	if got := find(t, x, idOf(2)).Token(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	put(x, token.Token{Number: 3, ID: idOf(3), CreatedAt: 100}) // made since
	set(policy.History{Newest: 3, Past: []policy.Tightening{second, capped(950)}})
	if got := find(t, x, idOf(3)).Token(); got.FilterID != "" || got.ExpireAt != 1050 {
		t.Errorf("got %+v: judged by what was known, or not by what is new", got)
	}
	set(policy.History{Newest: 3})
	if h, _ := x.Look(); h.Newest != 3 || x.Len() != 2 {
		t.Errorf("a history that was cut: %+v, %d tokens", h, x.Len())
	}
}
