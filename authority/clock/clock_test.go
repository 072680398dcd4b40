package clock_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"tokenscale/authority/clock"
	"tokenscale/epoch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Whatever happens to the machine's clock, time never runs back, and for how long
// the server has run is never more than the truth.
func TestTimeNeverRunsBackAndRunningIsNeverTooMuch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wall, steady := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), time.Duration(0)
		begin := func(s clock.Saved) *clock.Clock {
			c := clock.New(func() time.Time { return wall }, func() time.Duration { return steady })
			c.Begin(s, false)
			return c
		}
		c := begin(clock.Saved{})
		saved, ran, last := clock.Saved{}, time.Duration(0), epoch.Millis(0)
		lengths := rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, time.Minute, time.Hour, 30 * time.Hour, 400 * 24 * time.Hour})
		t.Repeat(map[string]func(*rapid.T){
			"run": func(t *rapid.T) {
				d := lengths.Draw(t, "for")
				wall, steady, ran = wall.Add(d), steady+d, ran+d
			},
			"set": func(t *rapid.T) {
				wall = wall.Add(lengths.Draw(t, "by") * time.Duration(rapid.SampledFrom([]int{-1, 1}).Draw(t, "way")))
			},
			"save": func(*rapid.T) { saved = c.ToSave(); c.WasSaved(saved) },
			"crash": func(t *rapid.T) {
				wall = wall.Add(lengths.Draw(t, "off"))
				steady = 0 // the machine was started anew
				last = saved.Mark
				c = begin(saved)
			},
			"": func(t *rapid.T) {
				if now := c.Now(); now < last {
					t.Fatalf("it is %v, and was %v", now, last)
				} else {
					last = now
				}
				if got := c.Running(); got > ran {
					t.Fatalf("it claims to have run for %v, and did for %v", got, ran)
				}
			},
		})
	})
}

func TestAcceptingGoesOnFromTheMachinesClockOnlyIfThatIsBehind(t *testing.T) {
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	c := clock.New(func() time.Time { return noon }, func() time.Duration { return 0 })
	if c.Begin(clock.Saved{Mark: epoch.Of(noon).Add(-time.Hour), Ran: time.Hour}, true) {
		t.Error("a clock that is right was accepted")
	}
	if !c.Begin(clock.Saved{Mark: epoch.Of(noon).Add(time.Hour), Ran: time.Hour}, true) || c.Now() != epoch.Of(noon) {
		t.Errorf("it is %v, want noon", c.Now())
	}
	if got := c.Running(); got != time.Hour {
		t.Errorf("it has run for %v, want an hour, whatever the clock says", got)
	}
}
