package authority_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"tokenscale/audit"
	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/policy"
)

const year = 365 * day

// followed does what the server does every second.
func followed(t testing.TB, h *authoritytest.House) {
	t.Helper()
	must(t, h.FollowClock(context.Background()))
}

// accepting builds the House again with --accept-clock.
func accepting(t testing.TB, h *authoritytest.House, accept *bool) {
	t.Helper()
	*accept = true
	h.Reopen()
	*accept = false
}

// acceptable returns a House and what has it accept the clock at a start.
func acceptable(t testing.TB) (*authoritytest.House, *bool) {
	t.Helper()
	accept := new(bool)
	return authoritytest.OpenWith(t, authoritytest.Setup{Options: func(o *authority.Options) { o.AcceptClock = *accept }}), accept
}

func TestClock_AnExpiredTokenNeverWorksAgainWhateverTheClockDoes(t *testing.T) {
	for name, jump := range map[string]func(h *authoritytest.House){
		"a year back": func(h *authoritytest.House) { h.Clock.Set(-year) },
		"a thousand times a second back": func(h *authoritytest.House) {
			for range 1000 {
				h.Clock.Set(-time.Second)
				h.ClockState()
			}
		},
		"a leap second":                    func(h *authoritytest.House) { h.Clock.Set(-time.Second) },
		"59 seconds back":                  func(h *authoritytest.House) { h.Clock.Set(-59 * time.Second) },
		"to the year 1970":                 func(h *authoritytest.House) { h.Clock.Set(-h.Clock.Now().Sub(time.Unix(0, 0))) },
		"to 1700, before any Millis":       func(h *authoritytest.House) { h.Clock.Set(-100 * year); h.Clock.Set(-226 * year) },
		"a year ahead and two years back":  func(h *authoritytest.House) { h.Clock.Set(year); h.ClockState(); h.Clock.Set(-2 * year) },
		"a year back and three days ahead": func(h *authoritytest.House) { h.Clock.Set(-year); h.ClockState(); h.Clock.Set(3 * day) },
	} {
		for way, stop := range map[string]func(*authoritytest.House){
			"while it runs": nil, "over a restart": (*authoritytest.House).Close, "over a crash": (*authoritytest.House).Crash,
		} {
			t.Run(name+" "+way, func(t *testing.T) {
				h := authoritytest.Open(t)
				short, secret := h.Token(ending(h, "short", time.Second))
				_, long := h.Token(ending(h, "long", 10*year))
				followed(t, h)
				h.Clock.Pass(6 * time.Second)
				verdict(t, h, secret, policy.Expired)
				followed(t, h) // as within 5 seconds of the expiry
				if stop != nil {
					stop(h)
				}
				jump(h)
				if stop != nil {
					must(t, h.TryOpen())
				}
				for range 5 {
					verdict(t, h, secret, policy.Expired)
					verdict(t, h, long, policy.Accepted)
					h.Clock.Pass(time.Second)
					followed(t, h)
				}
				if now := h.ClockState().Now; now < short.ExpireAt {
					t.Errorf("it is %v, and was %v", now, short.ExpireAt)
				}
			})
		}
	}
}

func TestClock_SetFarBackTimeGoesOnAsTheSteadyClockCounts(t *testing.T) {
	h := authoritytest.Open(t)
	_, secret := h.Token(ending(h, "an hour", time.Hour))
	h.Clock.Set(-year)
	followed(t, h)
	h.Clock.Pass(time.Hour - 1)
	verdict(t, h, secret, policy.Accepted)
	h.Clock.Pass(1)
	verdict(t, h, secret, policy.Expired)
}

func TestClock_CorrectedALittleTimeStandsStillUntilItHasCaughtUp(t *testing.T) {
	h := authoritytest.Open(t)
	before := h.ClockState().Now
	h.Clock.Set(-time.Minute)
	for range 60 {
		if s := h.ClockState(); s.Now != before || s.Doubtful() {
			t.Fatalf("got %+v, want %v and no doubt", s, before)
		}
		h.Clock.Pass(time.Second)
	}
	h.Clock.Pass(time.Second)
	if got := h.ClockState().Now; got != h.Clock.Millis() || got != before+1000 {
		t.Errorf("a second later it is %v", got)
	}
}

func TestClock_AFarJumpIsOnRecordOnceAndShowsUntilItIsOver(t *testing.T) {
	for _, test := range []struct {
		name, direction, by string
		jump                time.Duration
	}{
		{"back", "back", "61000", -61 * time.Second},
		{"ahead", "ahead", "3601000", time.Hour + time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := authoritytest.Open(t)
			h.Clock.Set(test.jump)
			for range 3 {
				followed(t, h)
			}
			s := h.ClockState()
			if !s.Doubtful() || s.Jumps.Back+s.Jumps.Ahead != 1 || s.Behind+s.Ahead != test.jump.Abs() {
				t.Errorf("got %+v", s)
			}
			trail := h.Trail()
			if len(trail) != 1 || trail[0].Type != audit.ClockJumped || trail[0].Fields[0].Value != test.direction || trail[0].Fields[1].Value != test.by {
				t.Errorf("got %v, want one jump %s by %s", trail, test.direction, test.by)
			}
			if n := strings.Count(h.Log.String(), "has jumped"); n != 1 {
				t.Errorf("%d lines in the log, want 1", n)
			}
			h.Clock.Pass(day)
			if test.jump < 0 {
				h.Clock.Set(-test.jump)
			}
			if s := h.ClockState(); s.Doubtful() {
				t.Errorf("a day later, and set right: %+v", s)
			}
		})
	}
	h := authoritytest.Open(t)
	for _, small := range []time.Duration{time.Hour, -30 * time.Second, -30 * time.Second} {
		h.Clock.Set(small)
		followed(t, h)
	}
	h.Clock.Pass(day) // which is no jump
	followed(t, h)
	if s := h.ClockState(); s.Doubtful() || len(h.Trail()) > 0 {
		t.Errorf("after small steps: %+v, %d entries", s, len(h.Trail()))
	}
}

func TestClock_ThatJumpsAllTheTimeDoesNotFillTheAuditLog(t *testing.T) {
	h := authoritytest.Open(t)
	for range 300 {
		h.Clock.Set(-time.Hour)
		followed(t, h)
		h.Clock.Set(time.Hour)
		h.Clock.Pass(time.Second)
		followed(t, h)
	}
	if n := len(h.Trail()); n > 101 || h.ClockState().Jumps.Back != 300 {
		t.Errorf("%d entries in 5 minutes, and %d jumps", n, h.ClockState().Jumps.Back)
	}
}

// The story of an operator whose clock was a year ahead.
func TestClock_AYearAheadHidesButRemovesNothingForSevenDaysAndCanBeTakenBack(t *testing.T) {
	h, accept := acceptable(t)
	d := ending(h, "a month", 30*day)
	d.FilterID = filter(t, h, "f", "allow all")
	v, secret := h.Token(d)
	gone, _ := h.Token(ending(h, "a minute", minute))
	h.Clock.Pass(10 * minute)
	h.Round(t.Context()) // which hides what has truly expired
	h.Clock.Set(year)
	followed(t, h)
	verdict(t, h, secret, policy.Expired)
	running(t, h, 6*day, 3*time.Hour) // there is a week to see what is wrong
	if listed(h, v.ID) {
		t.Error("an expired token is listed for ever")
	}
	verdict(t, h, secret, policy.Expired)
	must(t, h.DeleteFilter(t.Context(), as(root(), "deleteIPFilter"), filter(t, h, "g", "allow all")))
	h.Clock.Set(-year)
	followed(t, h)
	h.Reopen()
	verdict(t, h, secret, policy.Expired) // what has expired stays expired …
	accepting(t, h, accept)               // … until the operator says so
	verdict(t, h, secret, policy.Accepted)
	if got := shown(t, h, v.ID); got != v {
		t.Errorf("it came back as %+v, and was %+v", got, v)
	}
	if listed(h, gone.ID) {
		t.Error("what had truly expired came back too")
	}
	if e := about(t, h, v.ID)[0]; e.Type != audit.ClockAccepted || !e.Sensitive {
		t.Errorf("the last entry about it is %s", authoritytest.Describe(e))
	}
	fits(t, h)
	h.Reopen()
	verdict(t, h, secret, policy.Accepted)
	if s := h.ClockState(); s.Doubtful() || s.Now != h.Clock.Millis() {
		t.Errorf("afterwards: %+v", s)
	}
	h.Clock.Pass(30 * day)
	verdict(t, h, secret, policy.Expired)
}

func TestClock_ATokenWhoseFilterIsGoneDoesNotComeBack(t *testing.T) {
	h, accept := acceptable(t)
	d := ending(h, "a month", 30*day)
	d.FilterID = filter(t, h, "f", "allow all")
	v, secret := h.Token(d)
	h.Clock.Set(year)
	running(t, h, time.Hour, 20*minute)
	must(t, h.DeleteFilter(t.Context(), as(root(), "deleteIPFilter"), d.FilterID))
	h.Clock.Set(-year)
	accepting(t, h, accept)
	if listed(h, v.ID) {
		t.Error("it came back without its filter")
	}
	verdict(t, h, secret, policy.Expired)
}

func TestClock_AcceptedWithoutNeedChangesNothing(t *testing.T) {
	h, accept := acceptable(t)
	h.Clock.Pass(time.Minute)
	accepting(t, h, accept)
	if n := len(h.Trail()); n != 0 {
		t.Errorf("%d entries, want none", n)
	}
}

func TestClock_IsWrittenDownOnlyForWhatHasExpiredAndSeldom(t *testing.T) {
	h, g := gated(t)
	h.Token(ending(h, "in ten minutes", 10*time.Minute))
	for i := range 40 {
		h.Token(ending(h, "in another minute", 20*time.Minute+time.Duration(i)*time.Second))
	}
	followed(t, h)
	writes := 0
	g.Before(func(context.Context) error { writes++; return nil })
	seconds := func(n, want int) {
		t.Helper()
		writes = 0
		for range n {
			h.Clock.Pass(time.Second)
			followed(t, h)
		}
		if writes != want {
			t.Errorf("%d writes in %d seconds, want %d", writes, n, want)
		}
	}
	seconds(599, 0) // nothing expires
	seconds(60, 1)  // one does
	seconds(540, 0)
	seconds(40, 8)      // one does every second
	seconds(7200+60, 3) // one more, and one an hour for sessions
	g.Before(nil)
}

// The time is written once an hour, and when a token has expired.
func TestClock_AfterACrashInTheFirstHourGoesOnFromTheAuditLog(t *testing.T) {
	h := authoritytest.Open(t)
	v, _ := h.Token(draft("x"))
	h.Crash() // nothing is written of the time
	h.Clock.Set(-year)
	must(t, h.TryOpen())
	if now := h.ClockState().Now; now != v.CreatedAt {
		t.Errorf("it is %v, want %v", now, v.CreatedAt)
	}
}

func TestClock_TellingTheTimeAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	h := authoritytest.Open(t)
	_, secret := h.Token(draft("x"))
	h.Clock.Set(-year)
	verdict(t, h, secret, policy.Accepted)
	if n := testing.AllocsPerRun(100, func() { h.Verify(secret, here) }); n != 0 {
		t.Errorf("%v allocations a verification with a clock that is behind, want none", n)
	}
}
