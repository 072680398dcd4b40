package authority_test

import (
	"testing"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/fault"
	"tokenscale/policy"
	"tokenscale/token"
)

// running lets the server run for d, as it does every second and every minute.
func running(t testing.TB, h *authoritytest.House, d, step time.Duration) {
	t.Helper()
	for ; d > 0; d -= step {
		h.Clock.Pass(min(d, step))
		followed(t, h)
		h.Round(t.Context())
	}
}

// off has the server off for d, as by a clean stop.
func off(t testing.TB, h *authoritytest.House, d time.Duration) {
	t.Helper()
	h.Close()
	h.Clock.Pass(d)
	must(t, h.TryOpen())
}

// wrongClock is a House whose clock is a year ahead, with tokens that would
// expire by that.
type wrongClock struct {
	h           *authoritytest.House
	accept      *bool
	ended       token.Token // truly, before the clock went wrong
	month, more token.Token // in 30 days, and in a year and 30 days
}

var wrongWays = map[string]func(*testing.T, *authoritytest.House){
	"while it runs": func(t *testing.T, h *authoritytest.House) { h.Clock.Set(year); followed(t, h) },
	"at a start":    func(t *testing.T, h *authoritytest.House) { off(t, h, year) },
	"at a start after a crash": func(t *testing.T, h *authoritytest.House) {
		h.Crash()
		h.Clock.Pass(year)
		must(t, h.TryOpen())
	},
}

func newWrongClock(t *testing.T, goWrong func(*testing.T, *authoritytest.House)) wrongClock {
	t.Helper()
	h, accept := acceptable(t)
	w := wrongClock{h: h, accept: accept}
	w.ended, _ = h.Token(ending(h, "a minute", minute))
	w.month, _ = h.Token(ending(h, "a month", 30*day))
	w.more, _ = h.Token(ending(h, "a year and a month", year+30*day))
	h.Clock.Pass(7 * minute) // nobody has been round yet
	followed(t, h)
	goWrong(t, h)
	return w
}

func (w wrongClock) keeps(t *testing.T, after string, all ...token.Token) {
	t.Helper()
	w.h.Round(t.Context())
	for _, v := range []token.Token{w.ended, w.month, w.more} {
		want := false
		for _, k := range all {
			want = want || k.ID == v.ID
		}
		if got := listed(w.h, v.ID); got != want {
			t.Errorf("%s: %s is listed: %v, want %v", after, v.Name, got, want)
		}
	}
}

func TestGaps_AWrongClockRemovesOnlyWhatHasTrulyExpiredBeforeADayOfRunning(t *testing.T) {
	for name, goWrong := range wrongWays {
		t.Run(name, func(t *testing.T) {
			w := newWrongClock(t, goWrong)
			w.keeps(t, "at once", w.month, w.more)
			for range 4 { // restarts begin no new day, and end none
				running(t, w.h, 5*time.Hour, time.Hour)
				w.h.Reopen()
				w.keeps(t, "within 20 hours", w.month, w.more)
			}
			w.h.Clock.Set(year) // a second jump frees nothing
			followed(t, w.h)
			w.keeps(t, "after the second jump", w.month, w.more)
			running(t, w.h, 4*time.Hour-minute, time.Hour)
			off(t, w.h, 3*day) // nor does a weekend
			w.keeps(t, "before 24 hours of running", w.month, w.more)
			running(t, w.h, minute, minute)
			w.keeps(t, "after 24 hours of running", w.more)
			running(t, w.h, day-2*minute, time.Hour)
			w.keeps(t, "before the second jump had its 24 hours", w.more)
			running(t, w.h, minute, minute)
			w.keeps(t, "after them")
			if s := w.h.ClockState(); s.Held != 0 || s.Certain != s.Now {
				t.Errorf("at the end: %+v", s)
			}
		})
	}
}

func TestGaps_AcceptClockEndsThemEitherWay(t *testing.T) {
	for name, goWrong := range wrongWays {
		t.Run(name+", and it is right", func(t *testing.T) {
			w := newWrongClock(t, goWrong)
			running(t, w.h, time.Hour, time.Hour)
			accepting(t, w.h, w.accept)
			w.keeps(t, "accepted", w.more)
		})
		t.Run(name+", and it was wrong", func(t *testing.T) {
			w := newWrongClock(t, goWrong)
			running(t, w.h, 23*time.Hour, time.Hour)
			w.h.Clock.Set(-year)
			running(t, w.h, 3*day, time.Hour) // a clock that is behind is not believed by waiting
			w.h.Clock.Set(year)
			followed(t, w.h)
			w.keeps(t, "wrong again", w.month, w.more)
			w.h.Clock.Set(-year)
			followed(t, w.h)
			accepting(t, w.h, w.accept)
			w.keeps(t, "accepted", w.month, w.more)
			if s := w.h.ClockState(); s.Held != 0 || s.Now != w.h.Clock.Millis() {
				t.Errorf("accepted: %+v", s)
			}
		})
	}
}

func TestGaps_AClockThatWasBehindAndIsSetRightPutsNothingInDoubt(t *testing.T) {
	h := authoritytest.Open(t)
	v, _ := h.Token(ending(h, "a minute", minute))
	h.Close()
	h.Clock.Set(-year)
	must(t, h.TryOpen())
	running(t, h, 7*minute, minute)
	h.Clock.Set(year)
	running(t, h, minute, minute)
	if s := h.ClockState(); s.Doubtful() || s.Held != 0 || s.Jumps.Ahead != 0 || listed(h, v.ID) {
		t.Errorf("set right: %+v; the token is listed: %v", s, listed(h, v.ID))
	}
}

// Whoever notices after more than a day that the clock was wrong has lost what
// was removed by then, and no more.
func TestGaps_NothingIsRemovedWhileTheClockIsBehind(t *testing.T) {
	h, accept := acceptable(t)
	h.Clock.Set(year)
	followed(t, h)
	running(t, h, day, time.Hour)
	v, secret := h.Token(ending(h, "made meanwhile", 10*time.Hour))
	h.Clock.Set(-year)
	running(t, h, 3*day, time.Hour)
	verdict(t, h, secret, policy.Expired)
	if s := h.ClockState(); s.Held != 0 || s.Behind == 0 || !listed(h, v.ID) {
		t.Errorf("behind: %+v; the token is listed: %v", s, listed(h, v.ID))
	}
	h.Unchecked = true // after --accept-clock the log tells another time
	accepting(t, h, accept)
	verdict(t, h, secret, policy.Accepted)
}

// A crash loses what was not written down of how long the server has run.
func TestGaps_ACrashBelievesNothingTooEarlyAndLosesAtMostAnHour(t *testing.T) {
	w := newWrongClock(t, wrongWays["while it runs"])
	for range 3 {
		running(t, w.h, 7*time.Hour+59*minute, 13*minute)
		w.keeps(t, "before a day of running", w.month, w.more)
		w.h.Crash()
		must(t, w.h.TryOpen())
	}
	w.keeps(t, "a little before a day of running", w.month, w.more)
	running(t, w.h, 3*time.Hour+3*minute, 13*minute)
	w.keeps(t, "after a day and an hour for each crash", w.more)
}

func TestGaps_AnIdempotencyKeyThatIsNotCertainlyOverIsKept(t *testing.T) {
	h, accept := acceptable(t)
	_, _, err := keyed(h, root(), "over", draft("long ago"))
	must(t, err)
	h.Clock.Pass(25 * time.Hour) // nobody has been round yet
	made := func() error { _, _, err := keyed(h, root(), "k", draft("once")); return err }
	must(t, made())
	h.Clock.Set(year)
	running(t, h, 23*time.Hour-minute, time.Hour)
	h.Clock.Set(-year)
	accepting(t, h, accept)
	refusal(t, made(), fault.Conflict, "")
	kept := func() int { return len(rowsOf(t, h, authority.Names.Idempotency[0])) }
	h.Clock.Set(year)
	followed(t, h)
	running(t, h, time.Hour, minute)
	if n := kept(); n != 1 {
		t.Errorf("%d keys are kept while it is in doubt that one is over, want 1", n)
	}
	running(t, h, time.Minute, minute)
	if n := kept(); n != 0 {
		t.Errorf("%d keys are kept that are certainly over, want none", n)
	}
}
