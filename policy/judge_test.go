package policy

import (
	"testing"

	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/token"
)

// The table "Change of policy" of section 6 of the contract: what becomes of
// tokens that exist.

// change judges t as the replacement of old by next does.
func change(old, next Security, t token.Token) (token.Token, Verdict) {
	return next.Since(old).Judge(t, noon)
}

// A row is a token, a change, and what becomes of the token.
type row struct {
	name      string
	old, next Security
	token     token.Token
	want      Verdict
	expire    epoch.Millis
	filter    ipfilter.ID
}

func checkRows(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			got, verdict := change(r.old, r.next, r.token)
			want := r.token
			want.ExpireAt, want.FilterID = r.expire, r.filter
			if r.want == Delete {
				want = token.Token{}
			}
			if verdict != r.want || got != want {
				t.Errorf("verdict %d, %+v\nwant %d, %+v", verdict, got, r.want, want)
			}
			if full, v := r.next.Judge(r.token, noon); full != got || v != verdict {
				t.Errorf("the whole policy says %d, %+v; what is new of it %d, %+v", v, full, verdict, got)
			}
			if verdict == Delete {
				return
			}
			if again, v := change(r.old, r.next, got); v != Keep || again != got {
				t.Errorf("judged again: %d, %+v; want it kept as it was", v, again)
			}
		})
	}
}

func atMost(ms int64) Security { return Security{Enabled: true, MaxAgeMs: ms} }

func enforcing(id ipfilter.ID) Security { return Security{Enabled: true, FilterID: id} }

func TestChangeOfPolicy_TypeDisabled_AllDeleted(t *testing.T) {
	off := Security{MaxAgeMs: week, FilterID: "office", AllowUpdates: true}
	on := off
	on.Enabled = true
	checkRows(t, []row{
		{"a token without end", open, Security{}, living(noon), Delete, 0, ""},
		{"a token with an expiry and a filter", open, Security{}, token.Token{ID: "t", CreatedAt: noon, ExpireAt: noon + day, FilterID: "all"}, Delete, 0, ""},
		{"a token that satisfies all else", on, off, token.Token{ID: "t", CreatedAt: noon, ExpireAt: noon + day, FilterID: "office"}, Delete, 0, ""},
		{"an expired token", open, Security{}, expiring(noon-day, noon-1), Delete, 0, ""},
	})
}

func TestChangeOfPolicy_MaximumSetOrLowered_CapOver_Deleted(t *testing.T) {
	checkRows(t, []row{
		{"as old as the maximum, to the millisecond", open, atMost(week), living(noon - 7*day), Delete, 0, ""},
		{"a millisecond older than the maximum", open, atMost(week), living(noon - 7*day - 1), Delete, 0, ""},
		{"as old as the maximum, though it has its own expiry", open, atMost(week), expiring(noon-7*day, noon+1), Delete, 0, ""},
		{"as old as a lowered maximum", atMost(week), atMost(week - 1), expiring(noon-7*day+1, noon+1), Delete, 0, ""},
		{"made this moment, under a maximum that is over this moment", open, atMost(1), living(noon - 1), Delete, 0, ""},
	})
}

func TestChangeOfPolicy_MaximumSetOrLowered_NoExpiry_ExpiryBecomesTheCap(t *testing.T) {
	checkRows(t, []row{
		{"a day old, a maximum of a week", open, atMost(week), living(noon - day), Cap, noon + 6*day, ""},
		{"a millisecond younger than the maximum", open, atMost(week), living(noon - 7*day + 1), Cap, noon + 1, ""},
		{"made this moment", open, atMost(1), living(noon), Cap, noon + 1, ""},
	})
}

func TestChangeOfPolicy_MaximumSetOrLowered_ExpiryAfterTheCap_ExpiryBecomesTheCap(t *testing.T) {
	checkRows(t, []row{
		{"a millisecond after", open, atMost(week), expiring(noon-day, noon+6*day+1), Cap, noon + 6*day, ""},
		{"years after", open, atMost(week), expiring(noon-day, epoch.End-1), Cap, noon + 6*day, ""},
		{"lowered by a millisecond", atMost(week), atMost(week - 1), expiring(noon, noon+7*day), Cap, noon + 7*day - 1, ""},
	})
}

func TestChangeOfPolicy_MaximumSetOrLowered_ElseUnchanged(t *testing.T) {
	checkRows(t, []row{
		{"an expiry just at the cap", open, atMost(week), expiring(noon-day, noon+6*day), Keep, noon + 6*day, ""},
		{"an expiry a millisecond before the cap", open, atMost(week), expiring(noon-day, noon+6*day-1), Keep, noon + 6*day - 1, ""},
		{"expired, but its cap is not over: the housekeeping has it", open, atMost(week), expiring(noon-day, noon), Keep, noon, ""},
	})
}

func TestChangeOfPolicy_MaximumRaisedOrRemoved_Unchanged(t *testing.T) {
	capped := expiring(noon-day, noon+6*day)
	checkRows(t, []row{
		{"raised", atMost(week), atMost(week + 1), capped, Keep, noon + 6*day, ""},
		{"raised to the most there is", atMost(week), atMost(1<<63 - 1), capped, Keep, noon + 6*day, ""},
		{"removed", atMost(week), open, capped, Keep, noon + 6*day, ""},
		{"left as it is", atMost(week), atMost(week), capped, Keep, noon + 6*day, ""},
	})
}

func TestChangeOfPolicy_FilterEnforcedOrChanged_EveryTokenGetsIt(t *testing.T) {
	checkRows(t, []row{
		{"a token without filter", open, enforcing("office"), living(noon), Refilter, 0, "office"},
		{"a token with another filter, though it is narrower", open, enforcing("site"), filtered(noon, "nobody"), Refilter, 0, "site"},
		{"a token with that filter stays", open, enforcing("office"), filtered(noon, "office"), Keep, 0, "office"},
		{"changed", enforcing("office"), enforcing("plant"), filtered(noon, "office"), Refilter, 0, "plant"},
		{"with a maximum: counts as capped", open, Security{Enabled: true, MaxAgeMs: week, FilterID: "office"}, living(noon), Cap, noon + 7*day, "office"},
		{"with a maximum it keeps", open, Security{Enabled: true, MaxAgeMs: week, FilterID: "office"}, expiring(noon, noon+day), Refilter, noon + day, "office"},
		{"with a maximum that is over", open, Security{Enabled: true, MaxAgeMs: week, FilterID: "office"}, living(noon - 7*day), Delete, 0, ""},
	})
}

func TestChangeOfPolicy_EnforcementRemoved_TokensKeepTheFilterTheyHave(t *testing.T) {
	checkRows(t, []row{
		{"the filter stays", enforcing("office"), open, filtered(noon, "office"), Keep, 0, "office"},
		{"also when a maximum comes", enforcing("office"), atMost(week), filtered(noon, "office"), Cap, noon + 7*day, "office"},
	})
}

func TestChangeOfPolicy_PermissionUpdatesOnOrOff_Unchanged(t *testing.T) {
	on := Security{Enabled: true, AllowUpdates: true}
	checkRows(t, []row{
		{"on", open, on, living(noon), Keep, 0, ""},
		{"off", on, open, living(noon), Keep, 0, ""},
	})
	if open.Since(on).Touches() || on.Since(open).Touches() {
		t.Error("turning permission updates on or off touches tokens")
	}
}

func TestChangeOfPolicy_WhatIsLoosenedOrUnchangedTouchesNothing(t *testing.T) {
	full := Security{Enabled: true, MaxAgeMs: week, FilterID: "office"}
	tests := []struct {
		name      string
		old, next Security
		touches   bool
	}{
		{"nothing changed", full, full, false},
		{"all loosened", full, open, false},
		{"the type enabled", Security{}, open, false},
		{"the type left disabled", Security{}, Security{AllowUpdates: true}, false},
		{"the maximum raised", full, Security{Enabled: true, MaxAgeMs: week + 1, FilterID: "office"}, false},
		{"the type disabled", open, Security{}, true},
		{"a maximum set", open, atMost(1), true},
		{"a maximum lowered by a millisecond", atMost(week), atMost(week - 1), true},
		{"a filter enforced", open, enforcing("office"), true},
		{"another filter enforced", enforcing("plant"), enforcing("office"), true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if rest := test.next.Since(test.old); rest.Touches() != test.touches {
				t.Errorf("Since = %+v, touches %v, want %v", rest, rest.Touches(), test.touches)
			}
		})
	}
}

func TestChangeOfPolicy_SinceLeavesOutJustWhatIsNotNew(t *testing.T) {
	old := Security{Enabled: true, MaxAgeMs: week, FilterID: "office"}
	next := Security{Enabled: true, MaxAgeMs: week - 1, FilterID: "office", AllowUpdates: true}
	if got, want := next.Since(old), (Security{Enabled: true, MaxAgeMs: week - 1, AllowUpdates: true}); got != want {
		t.Errorf("Since = %+v, want %+v", got, want)
	}
}
