package policy

import (
	"errors"
	"strings"
	"testing"

	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/token"
)

func TestKeyCounts_UntilTheMillisecondAtWhich24HoursAreOver(t *testing.T) {
	const then, day = 1_700_000_000_123, 24 * 60 * 60 * 1000
	for after, want := range map[int64]bool{-5: true, 0: true, 1: true, day - 1: true, day: false, day + 1: false} {
		if got := KeyCounts(then, then+epoch.Millis(after)); got != want {
			t.Errorf("after %d ms: got %v", after, got)
		}
	}
}

func TestRoomForKey_EndsAtTheMost(t *testing.T) {
	if err := RoomForKey(MaxKeys - 1); err != nil {
		t.Error(err)
	}
	if err := RoomForKey(MaxKeys); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("got %v", err)
	}
}

func TestMade_EverySentenceNamesWhatWasMadeAndEndsAsOne(t *testing.T) {
	for _, d := range []Deed{TokenMade, TokenRotated, FilterMade} {
		for _, f := range []Fate{Lost, StillThere, HasExpired, WasDeleted} {
			for _, heir := range []string{"", "heir"} {
				err := Made{Deed: d, ID: "made", Heir: token.ID(heir), Fate: f}.Refusal()
				text := err.Error()
				if !strings.Contains(text, "made,") && !strings.Contains(text, "made.") || !strings.Contains(text, heir) || !strings.HasSuffix(text, ".") || strings.Contains(text, "%") {
					t.Errorf("%d, %d, %q: %s", d, f, heir, text)
				}
				if got, _ := errors.AsType[*fault.Error](err); got.Code != fault.Conflict || got.Extensions["reason"] != Repeated || got.Extensions["successorId"] != heir {
					t.Errorf("%d, %d, %q: %+v", d, f, heir, got)
				}
			}
		}
	}
}
