package policy_test

import (
	"testing"
	"time"

	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/token"
)

func TestAnExpiredTokenIsHiddenAfterFiveMinutesAndRemovedAfterSevenDaysOfRunning(t *testing.T) {
	const end, ran = epoch.Millis(1_000_000), 40 * time.Hour
	live := token.Token{ID: "t", ExpireAt: end}
	for _, test := range []struct {
		name string
		v    token.Token
		now  epoch.Millis
		want bool
	}{
		{"expired five minutes ago", live, end.Add(5 * time.Minute), true},
		{"expired a millisecond less ago", live, end.Add(5*time.Minute) - 1, false},
		{"not expired", live, end - 1, false},
		{"endless", token.Token{ID: "t"}, end.Add(time.Hour), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			next, got := policy.Hide(test.v, test.now, ran)
			if got != test.want || next.Hidden() != test.want {
				t.Errorf("hidden: %v, %v, want %v", got, next.HiddenAfter, test.want)
			}
		})
	}
	hidden, _ := policy.Hide(live, end.Add(time.Hour), ran)
	if _, again := policy.Hide(hidden, end.Add(2*time.Hour), 2*ran); again {
		t.Error("it was hidden twice")
	}
	if policy.Removable(hidden, ran+7*24*time.Hour-1) || !policy.Removable(hidden, ran+7*24*time.Hour) {
		t.Error("it is not removed at 7 days of running exactly")
	}
	if policy.Removable(live, 1000*ran) {
		t.Error("a token that is listed is removed")
	}
	if first, _ := policy.Hide(live, end.Add(time.Hour), 0); !first.Hidden() {
		t.Error("in the first moment of running it cannot be hidden")
	}
}

func TestATokenComesBackOnlyIfItLives(t *testing.T) {
	const made, end = epoch.Millis(1_000_000), epoch.Millis(1_000_000 + 30*24*3600*1000)
	hidden := token.Token{ID: "t", CreatedAt: made, ExpireAt: end, HiddenAfter: time.Hour}
	for _, test := range []struct {
		name string
		v    token.Token
		now  epoch.Millis
		want bool
		ends epoch.Millis
	}{
		{"before its end", hidden, end - 1, true, end},
		{"just after its end, when it is listed as expired", hidden, end, true, end},
		{"long after its end", hidden, end.Add(time.Hour), false, end},
		{"though it was never hidden", token.Token{ID: "t", ExpireAt: end}, end - 1, false, end},
	} {
		t.Run(test.name, func(t *testing.T) {
			next, got := policy.BringBack(test.v, test.now)
			if got != test.want || got && (next.Hidden() || next.ExpireAt != test.ends) {
				t.Errorf("got %v, %+v, want %v and the end %v", got, next, test.want, test.ends)
			}
		})
	}
}
