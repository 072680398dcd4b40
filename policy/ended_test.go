package policy

import (
	"testing"

	"tokenscale/epoch"
	"tokenscale/token"
)

func TestEnded_EachReasonHasItsOutcome(t *testing.T) {
	for why, want := range map[token.EndReason]Outcome{
		token.EndDeleted: Deleted, token.EndRotated: Rotated, token.EndExpired: Expired, token.EndByPolicy: Deleted,
		token.NotEnded: Deleted, // which no tombstone says; never Accepted
	} {
		if got := Ended(why); got != want {
			t.Errorf("reason %d: %v, want %v", why, got, want)
		}
	}
}

func TestEndedForLong_AfterThirtyDaysToTheMillisecond(t *testing.T) {
	after := noon.Add(EndedKept)
	for now, want := range map[epoch.Millis]bool{noon: false, after - 1: false, after: true, after + 1: true} {
		if got := EndedForLong(noon, now); got != want {
			t.Errorf("%v after %v: %v, want %v", now, noon, got, want)
		}
	}
}
