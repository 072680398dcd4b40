package policy

import (
	"testing"

	"pgregory.net/rapid"

	"tokenscale/epoch"
	"tokenscale/token"
)

func TestJudgeIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, in := anyPolicy.Draw(t, "policy"), anyToken.Draw(t, "token")
		out, verdict := s.Judge(in, noon)
		if verdict == Delete {
			if out != (token.Token{}) {
				t.Fatalf("deleted, but a token remains: %+v", out)
			}
			return
		}
		if again, v := s.Judge(out, noon); v != Keep || again != out {
			t.Fatalf("judged again: %d, %+v; want %+v kept", v, again, out)
		}
		if (verdict == Keep) != (out == in) {
			t.Fatalf("verdict %d, yet %+v became %+v", verdict, in, out)
		}
	})
}

func TestJudgeChangesNothingButExpiryAndFilter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, in := anyPolicy.Draw(t, "policy"), anyToken.Draw(t, "token")
		out, verdict := s.Judge(in, noon)
		if verdict == Delete {
			return
		}
		if out.Outlives(in.ExpireAt) {
			t.Fatalf("the expiry went from %s to %s", in.ExpireAt, out.ExpireAt)
		}
		out.ExpireAt, out.FilterID = in.ExpireAt, in.FilterID
		if out != in {
			t.Fatalf("%+v became %+v", in, out)
		}
	})
}

// A judgment that comes late, or twice at different moments, does what it would
// have done at once, but for tokens whose time has come meanwhile.
func TestALateJudgmentIsTheSameJudgment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, in := anyPolicy.Draw(t, "policy"), anyToken.Draw(t, "token")
		later := noon + epoch.Millis(rapid.IntRange(0, 8).Draw(t, "later"))
		once, first := s.Judge(in, noon)
		late, second := s.Judge(in, later)
		if first == Delete && second != Delete {
			t.Fatalf("deleted at noon, but %+v at %d", late, later)
		}
		if second != Delete && late != once {
			t.Fatalf("at noon %+v, at %d %+v", once, later, late)
		}
		if second == Delete && first != Delete && !once.Expired(later) {
			t.Fatalf("at noon %+v, at %d deleted before its time", once, later)
		}
	})
}

// For tokens that live under old, the part of the new policy that is new does
// all that the whole of it does.
func TestChangeOfPolicy_SinceHasTheEffectOfTheWholePolicy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old, next := anyPolicy.Draw(t, "old"), anyPolicy.Draw(t, "next")
		in, verdict := old.Judge(anyToken.Draw(t, "token"), noon)
		later := noon + epoch.Millis(rapid.IntRange(0, 4).Draw(t, "later"))
		if verdict == Delete || in.Expired(later) {
			return // it does not live under old
		}
		rest := next.Since(old)
		got, gotVerdict := rest.Judge(in, later)
		want, wantVerdict := next.Judge(in, later)
		if got != want || gotVerdict != wantVerdict {
			t.Fatalf("old %+v\nnext %+v\nrest %+v\njudges %d %+v\nwhole  %d %+v", old, next, rest, gotVerdict, got, wantVerdict, want)
		}
		if gotVerdict != Keep && !rest.Touches() {
			t.Fatalf("rest %+v changes a token, but touches none", rest)
		}
	})
}

// What a stricter policy lets in, a laxer one lets in as well. Filters are left
// as they are: enforcing one puts it in the place of another, and of two
// filters neither need be the stricter.
func TestAStricterPolicyShrinksWhatIsAccepted(t *testing.T) {
	known := filters(t)
	rapid.Check(t, func(t *rapid.T) {
		lax, in, from := anyPolicy.Draw(t, "policy"), anyToken.Draw(t, "token"), anyPlace.Draw(t, "place")
		strict := stricter(t, lax)
		strict.FilterID = lax.FilterID
		narrow, outcome := judgedUsable(strict, in, known, from, noon)
		if outcome != Accepted {
			return
		}
		wide, outcome := judgedUsable(lax, in, known, from, noon)
		if outcome != Accepted || wide.ExpireAt != 0 && (narrow.ExpireAt == 0 || narrow.ExpireAt > wide.ExpireAt) {
			t.Fatalf("strict %+v accepts until %s; lax %+v: %s, until %s", strict, narrow.ExpireAt, lax, outcome, wide.ExpireAt)
		}
	})
}

// Where no filter is enforced, every filter is stricter than that, but for
// tokens that have one already.
func TestEnforcingAFilterShrinksWhatTokensWithoutFilterMay(t *testing.T) {
	known := filters(t)
	rapid.Check(t, func(t *rapid.T) {
		in, from := anyToken.Draw(t, "token"), anyPlace.Draw(t, "place")
		in.FilterID = ""
		_, under := judgedUsable(enforcing(anyFilter.Draw(t, "filter")), in, known, from, noon)
		if _, free := open.Usable(in, known, from, noon); under == Accepted && free != Accepted {
			t.Fatalf("%s under the filter, %s without", under, free)
		}
	})
}

// Whatever comes after a policy has done its work, and however lax, a token
// never works at a moment at which that policy would have refused it.
func TestRaisingAMaximumOrEnablingATypeNeverRevives(t *testing.T) {
	known := filters(t)
	rapid.Check(t, func(t *rapid.T) {
		strict, original := anyPolicy.Draw(t, "strict"), anyToken.Draw(t, "token")
		bound, verdict := strict.Judge(original, noon)
		if verdict == Delete {
			return // gone: nothing is left to revive
		}
		for later := noon; later < noon+14; later++ {
			for _, from := range places {
				_, after := open.Usable(bound, known, from, later)
				_, before := judgedUsable(strict, original, known, from, later)
				if after == Accepted && before != Accepted {
					t.Fatalf("%+v under %+v was %s at %d, and now works", original, strict, before, later)
				}
			}
		}
	})
}
