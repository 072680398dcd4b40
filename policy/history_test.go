package policy_test

import (
	"testing"

	"pgregory.net/rapid"

	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/token"
)

const start epoch.Millis = 1_000_000

var allOpen = policy.Security{Enabled: true}

// changed returns h after changes of the policy for system tokens, a millisecond apart.
func changed(t testing.TB, h policy.History, to ...policy.Security) policy.History {
	t.Helper()
	for i, s := range to {
		next := h.Policies
		next.System = s
		var err error
		if h, _, err = h.Set(next, policy.Actor{}, start+epoch.Millis(i)); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func fresh() policy.History { return policy.History{Policies: policy.Fresh()} }

func atMost(ms int64) policy.Security { return policy.Security{Enabled: true, MaxAgeMs: ms} }

func enforcing(id ipfilter.ID) policy.Security { return policy.Security{Enabled: true, FilterID: id} }

func TestOnlyWhatTightensIsATightening(t *testing.T) {
	for _, test := range []struct {
		name   string
		before policy.Security
		after  policy.Security
		counts bool
	}{
		{"tokens forbidden", allOpen, policy.Security{}, true},
		{"tokens left forbidden", policy.Security{}, policy.Security{AllowUpdates: true}, false},
		{"tokens allowed again", policy.Security{}, allOpen, false},
		{"a maximum set", allOpen, atMost(5), true},
		{"a maximum lowered", atMost(5), atMost(4), true},
		{"a maximum left as it is", atMost(5), atMost(5), false},
		{"a maximum raised", atMost(5), atMost(6), false},
		{"a filter enforced", allOpen, enforcing("f"), true},
		{"another filter enforced", enforcing("f"), enforcing("g"), true},
		{"no filter enforced any more", enforcing("f"), allOpen, false},
		{"updates allowed", allOpen, policy.Security{Enabled: true, AllowUpdates: true}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := changed(t, fresh(), test.before)
			next := h.Policies
			next.System = test.after
			got, rule, err := h.Set(next, policy.Actor{}, start)
			if err != nil || got.Policies != next {
				t.Errorf("the policies are %+v, %v; want %+v", got.Policies, err, next)
			}
			if rule.Touches() != test.counts || (got.Newest == h.Newest+1) != test.counts || (len(got.Past) == len(h.Past)+1) != test.counts {
				t.Errorf("from %d with %d to %d with %d, by %+v; a tightening: %v", h.Newest, len(h.Past), got.Newest, len(got.Past), rule, test.counts)
			}
		})
	}
}

// Each row is a trap of the design: what somebody would think as well, and what it would do.
func TestFold(t *testing.T) {
	made := token.Token{ID: "t", CreatedAt: start - 1}
	with := func(expire epoch.Millis, filter ipfilter.ID) token.Token {
		v := made
		v.ExpireAt, v.FilterID = expire, filter
		return v
	}
	for _, test := range []struct {
		name    string
		changes []policy.Security
		stamp   uint64
		want    token.Token
		alive   bool
	}{
		{"no change leaves it as it is", nil, 0, made, true},
		{"what its stamp says it satisfies is not asked again", []policy.Security{{}}, 1, made, true},
		{"a stamp is a number: one made after tokens were forbidden lives", []policy.Security{{}, allOpen}, 1, made, true},
		{"one stored before it is dead, although tokens are allowed again", []policy.Security{{}, allOpen}, 0, token.Token{}, false},
		{"a maximum is judged at its own moment: not over then, so it caps", []policy.Security{atMost(2)}, 0, with(start+1, ""), true},
		{"a maximum that was over at its own moment kills", []policy.Security{atMost(1)}, 0, token.Token{}, false},
		{"a maximum counts though it was raised again", []policy.Security{atMost(3), atMost(100)}, 0, with(start+2, ""), true},
		{"of two filters the newer one counts", []policy.Security{enforcing("f"), enforcing("g")}, 0, with(0, "g"), true},
		{"a filter stays when nothing enforces it any more", []policy.Security{enforcing("f"), allOpen}, 0, with(0, "f"), true},
		{"each tightening counts, not the newest alone", []policy.Security{atMost(9), allOpen, enforcing("f")}, 0, with(start+8, "f"), true},
		{"a stamp in the middle leaves out what came before", []policy.Security{enforcing("f"), atMost(9)}, 1, with(start+8, ""), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, alive, known := changed(t, fresh(), test.changes...).Fold(made, test.stamp)
			if !known || alive != test.alive || got != test.want {
				t.Errorf("got %+v, alive %v, known %v; want %+v, alive %v", got, alive, known, test.want, test.alive)
			}
		})
	}
}

func TestAStampOutsideTheHistoryIsDamage(t *testing.T) {
	h := changed(t, fresh(), atMost(100), atMost(90), atMost(80), atMost(70))
	if h.Newest != 4 {
		t.Fatalf("newest %d", h.Newest)
	}
	for cut := uint64(0); cut <= 5; cut++ {
		for stamp := uint64(0); stamp <= 6; stamp++ {
			_, alive, known := h.Cut(cut).Fold(token.Token{ID: "t", CreatedAt: start}, stamp)
			if want := stamp >= min(cut, 4) && stamp <= 4; known != want || alive != want {
				t.Errorf("cut at %d, stamp %d: known %v, alive %v; want %v", cut, stamp, known, alive, want)
			}
		}
	}
}

func TestNewestNeverFalls(t *testing.T) {
	h := changed(t, fresh(), policy.Security{}, allOpen).Cut(1)
	if h.Newest != 1 || len(h.Past) != 0 {
		t.Fatalf("after the cut: %+v", h)
	}
	if h = changed(t, h, policy.Security{}); h.Newest != 2 {
		t.Errorf("the next tightening is number %d; want 2", h.Newest)
	}
	if _, alive, known := h.Fold(token.Token{ID: "t", CreatedAt: start}, 1); alive || !known {
		t.Error("a token of before it outlives that tokens were forbidden")
	}
}

// Whoever holds an older history goes on with it, whatever becomes of newer ones.
func TestHistoriesShareNothingThatChanges(t *testing.T) {
	old := changed(t, fresh(), atMost(100), atMost(90), atMost(80)).Cut(1)
	one, other := changed(t, old, atMost(70)), changed(t, old, policy.Security{})
	if _, alive, _ := one.Fold(token.Token{ID: "t", CreatedAt: start}, 3); !alive {
		t.Error("a tightening of one history stands in another")
	}
	if _, alive, _ := other.Fold(token.Token{ID: "t", CreatedAt: start}, 3); alive {
		t.Error("a tightening of one history was lost to another")
	}
}

func TestAFullHistoryRefusesToTightenAndNothingElse(t *testing.T) {
	h := fresh()
	for n := range int64(64) {
		h = changed(t, h, atMost(1000-n))
	}
	next := h.Policies
	next.System = policy.Security{}
	if _, _, err := h.Set(next, policy.Actor{}, start); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("the 65th tightening: %v; want a conflict", err)
	}
	next.System = allOpen
	if got, _, err := h.Set(next, policy.Actor{}, start); err != nil || got.Newest != 64 || got.System != allOpen {
		t.Errorf("loosening: %v", err)
	}
	next.System = policy.Security{}
	if got, _, err := h.Cut(1).Set(next, policy.Actor{}, start); err != nil || got.Newest != 65 || len(got.Past) != 64 {
		t.Errorf("after a cut: %v", err)
	}
}

func TestFoldingAllocatesNothing(t *testing.T) {
	h := changed(t, fresh(), enforcing("f"), atMost(100), atMost(90))
	v := token.Token{ID: "t", CreatedAt: start}
	if n := testing.AllocsPerRun(100, func() { _, _, _ = h.Fold(v, 0) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A token that is folded later, from whatever it was last written as, is the token that would have
// been rewritten at each change. A cut never changes what it becomes, and what comes back from
// before a cut is refused.
func TestFoldingLaterIsRewritingAtOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, now := fresh(), start
		made := token.Token{ID: "t", CreatedAt: start - epoch.Millis(rapid.IntRange(0, 6).Draw(t, "age"))}
		if in := rapid.IntRange(0, 9).Draw(t, "expires in"); in > 0 {
			made.ExpireAt = start + epoch.Millis(in)
		}
		type written struct {
			token.Token
			stamp uint64
			dead  bool
		}
		eager := written{Token: made}
		stored := []written{{Token: made}} // what the store has held of it, oldest first
		least := uint64(0)
		for range rapid.IntRange(0, 8).Draw(t, "changes") {
			next := h.Policies
			next.System = policy.Security{
				Enabled: rapid.IntRange(0, 5).Draw(t, "enabled") > 0, MaxAgeMs: rapid.Int64Range(0, 8).Draw(t, "maximum"),
				FilterID: rapid.SampledFrom([]ipfilter.ID{"", "f", "g"}).Draw(t, "filter"),
			}
			var rule policy.Security
			var err error
			if h, rule, err = h.Set(next, policy.Actor{}, now); err != nil {
				t.Fatal(err)
			}
			if rule.Touches() && !eager.dead {
				verdict := policy.Keep
				eager.Token, verdict = rule.Judge(eager.Token, now)
				eager.dead = verdict == policy.Delete
			}
			if !eager.dead && rapid.Bool().Draw(t, "written") {
				eager.stamp = h.Newest
				stored = append(stored, eager)
			}
			if newest := stored[len(stored)-1].stamp; rapid.IntRange(0, 3).Draw(t, "cut") == 0 {
				least = max(least, newest)
				h = h.Cut(newest)
			}
			now += epoch.Millis(rapid.IntRange(-1, 3).Draw(t, "ms"))
		}
		for i, s := range stored {
			got, alive, known := h.Fold(s.Token, s.stamp)
			if last, by, ended := h.Ending(s.Token, s.stamp); known {
				_, verdict := by.Rule.Judge(last, by.At)
				if ended == alive || alive && last != got || ended && verdict != policy.Delete {
					t.Fatalf("it lives: %v, and was ended: %v, by %+v, as %+v", alive, ended, by, last)
				}
			}
			switch {
			case known != (s.stamp >= least):
				t.Fatalf("stamp %d of a history cut at %d: known %v", s.stamp, least, known)
			case i == len(stored)-1 && !known:
				t.Fatalf("the row as it stands has the stamp %d, which the history does not know", s.stamp)
			case known && (alive == eager.dead || got != eager.Token):
				t.Fatalf("stored as %+v, now %+v alive %v; rewritten at once %+v", s, got, alive, eager)
			}
		}
	})
}
