package policy

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"tokenscale/epoch"
	"tokenscale/permission"
	"tokenscale/token"
)

// Whether a token may be used now: the rows "Times" and "Expired" of section 3
// of the contract.

func TestUsable(t *testing.T) {
	tests := []struct {
		name   string
		policy Security
		token  token.Token
		from   netip.Addr
		want   Outcome
	}{
		{"a token without end", open, living(noon), home, Accepted},
		{"a token without filter, from an address nobody could read", open, living(noon), netip.Addr{}, Accepted},
		{"the last millisecond before its expiry", open, expiring(noon-day, noon+1), home, Accepted},
		{"its expiry", open, expiring(noon-day, noon), home, Expired},
		{"a millisecond after its expiry", open, expiring(noon-day, noon-1), home, Expired},

		{"its filter lets the address in", open, filtered(noon, "office"), office, Accepted},
		{"its filter does not", open, filtered(noon, "office"), home, Filtered},
		{"its filter lets all in, but nobody could read the address", open, filtered(noon, "all"), netip.Addr{}, Unreadable},
		{"its filter does not exist", open, filtered(noon, "gone"), office, Damaged},

		{"the type is disabled", Security{}, living(noon), home, Disabled},

		{"disabled is said before expired", Security{}, expiring(noon-day, noon), home, Disabled},
		{"expired is said before filtered", open, token.Token{ID: "t", ExpireAt: noon, FilterID: "office"}, home, Expired},
		{"the zero policy lets nothing in", Security{}, living(noon), home, Disabled},
		{"the zero token is nobody's", open, token.Token{}, home, Unknown},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			by, got := test.policy.Usable(test.token, filters(t), test.from, noon)
			if got != test.want {
				t.Errorf("Usable = %s, want %s", got, test.want)
			}
			if got != Accepted && by != (Actor{}) {
				t.Errorf("%s, but as %+v", got, by)
			}
		})
	}
}

func TestUsable_TheActorIsBoundAsThePoliciesMadeTheToken(t *testing.T) {
	s := Security{Enabled: true, MaxAgeMs: week, FilterID: "office"}
	tok, _ := under(t, s, living(noon-day))
	by, outcome := s.Usable(tok, filters(t), office, noon)
	want := Actor{ID: "t", Name: "t", Permissions: permission.Of(health), FilterID: "office", ExpireAt: noon + 6*day}
	if outcome != Accepted || by != want {
		t.Errorf("Usable = %+v, %s; want %+v", by, outcome, want)
	}
}

// What was brought under a policy is used alike whether it is judged once more or not.
func TestUsable_ATokenThatWasBroughtUnderThePolicyNeedsNoJudgment(t *testing.T) {
	known := filters(t)
	rapid.Check(t, func(t *rapid.T) {
		s, from := anyPolicy.Draw(t, "policy"), anyPlace.Draw(t, "place")
		in, verdict := s.Judge(anyToken.Draw(t, "token"), noon)
		later := noon + epoch.Millis(rapid.IntRange(0, 12).Draw(t, "later"))
		if verdict == Delete {
			return
		}
		by, outcome := s.Usable(in, known, from, later)
		if again, want := judgedUsable(s, in, known, from, later); again != by || want != outcome {
			t.Fatalf("%+v: %s; judged once more %s", in, outcome, want)
		}
	})
}

// judgedUsable judges a token before it is used.
func judgedUsable(s Security, t token.Token, known Filters, from netip.Addr, now epoch.Millis) (Actor, Outcome) {
	after, verdict := s.Judge(t, now)
	switch {
	case !s.Enabled:
		return Actor{}, Disabled
	case verdict == Delete:
		return Actor{}, Expired
	}
	return s.Usable(after, known, from, now)
}

func TestTokens_Times_ValidExactlyWhileNowIsBeforeTheExpiry(t *testing.T) {
	tok := expiring(noon-day, noon)
	for now := noon - 2; now < noon+2; now++ {
		_, outcome := open.Usable(tok, filters(t), home, now)
		if got, want := outcome == Accepted, now < noon; got != want {
			t.Errorf("at its expiry %+d ms: %s, want accepted %v", now-noon, outcome, want)
		}
	}
}

func TestUsableAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("allocations are not counted under the race detector")
	}
	known := filters(t)
	s := Security{Enabled: true, MaxAgeMs: week, FilterID: "site"}
	for name, tok := range map[string]token.Token{
		"accepted": living(noon), "capped": expiring(noon, epoch.End-1), "overdue": living(noon - 8*day),
	} {
		for _, from := range places {
			if n := testing.AllocsPerRun(100, func() { s.Usable(tok, known, from, noon) }); n != 0 {
				t.Errorf("%s from %s: %v allocations, want none", name, from, n)
			}
		}
	}
}

func TestEveryOutcomeHasItsOwnName(t *testing.T) {
	want := []string{"malformed", "unknown", "wrong", "expired", "disabled", "filtered", "damaged", "unreadable", "signedout", "deleted", "rotated", "notproven", "accepted"}
	for i, o := range Outcomes() {
		if int(o) != i || o.String() != want[i] {
			t.Errorf("outcome %d is %d, %q; want %q", i, o, o, want[i])
		}
	}
	if len(Outcomes()) != len(want) || len(outcomes) != len(want) {
		t.Errorf("%d outcomes, %d names, want %d", len(Outcomes()), len(outcomes), len(want))
	}
	var none Outcome
	if none == Accepted {
		t.Error("the zero Outcome is Accepted")
	}
}

func TestASessionIsOverAfterTwelveHours(t *testing.T) {
	tests := []struct {
		name   string
		issued epoch.Millis
		want   bool
	}{
		{"begun now", noon, false},
		{"its last millisecond", noon - 12*epoch.Millis(Hours) + 1, false},
		{"its end", noon - 12*epoch.Millis(Hours), true},
		{"the zero session", 0, true},
		{"begun by a clock a minute ahead", noon + epoch.Millis(Minutes), false},
		{"begun later than that", noon + epoch.Millis(Minutes) + 1, true},
		{"begun before all time", -1 << 63, true},
		{"begun after all time", 1<<63 - 1, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := (Session{IssuedAt: test.issued}).Over(noon); got != test.want {
				t.Errorf("Over = %v, want %v", got, test.want)
			}
		})
	}
}
