package authority_test

import (
	"fmt"
	"testing"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/epoch"
	"tokenscale/policy"
	"tokenscale/store"
)

// asOlder writes into the store what a program did that knew no gaps, and
// starts the server again.
func asOlder(t *testing.T, h *authoritytest.House, held epoch.Millis, dropGaps bool) {
	t.Helper()
	now := h.ClockState().Now
	must(t, h.Authority.Close(t.Context()))
	must(t, h.DB.Update(t.Context(), func(w store.Writer) error {
		for _, key := range authority.GapRows() {
			if !dropGaps {
				break
			}
			if err := w.Delete(authority.Names.Settings, []byte(key)); err != nil {
				return err
			}
		}
		return h.HoldAsOlder(w, now, held)
	}))
	h.Crash()
	must(t, h.TryOpen())
}

func TestGaps_AStoreOfAnOlderProgramRemovesNothingWhileItsDayLasts(t *testing.T) {
	for _, drop := range []bool{true, false} { // false: the newer program had the store before
		t.Run(fmt.Sprint("never had gaps: ", drop), func(t *testing.T) {
			h := authoritytest.Open(t)
			v, secret := h.Token(ending(h, "a minute", minute))
			h.Clock.Pass(7 * minute)
			asOlder(t, h, h.Clock.Millis().Add(10*time.Hour), drop)
			running(t, h, 5*time.Hour, time.Hour)
			h.Reopen()
			running(t, h, 5*time.Hour-minute, time.Hour)
			verdict(t, h, secret, policy.Expired)
			if !listed(h, v.ID) {
				t.Error("it was removed")
			}
			running(t, h, minute, minute)
			if listed(h, v.ID) {
				t.Error("it is kept when the day is over")
			}
			w, _ := h.Token(ending(h, "a minute", minute))
			h.Clock.Pass(7 * minute)
			asOlder(t, h, h.Clock.Millis(), drop) // it is over
			h.Round(t.Context())
			if listed(h, w.ID) {
				t.Error("it is kept although the older program would have removed it")
			}
		})
	}
}

func TestGaps_AnOlderProgramThatOpensTheStoreRemovesNothingTooEarly(t *testing.T) {
	w := newWrongClock(t, wrongWays["while it runs"])
	running(t, w.h, 10*time.Hour, time.Hour)
	w.h.Reopen()
	must(t, w.h.DB.View(t.Context(), func(r store.Reader) error {
		held, err := w.h.HeldForOlder(r)
		if want := w.h.Clock.Millis().Add(14 * time.Hour); held != want {
			t.Errorf("it would remove from %v, want %v", held, want)
		}
		return err
	}))
	must(t, w.h.Check(t.Context()))
}
