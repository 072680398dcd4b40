package authority_test

import (
	"strings"
	"testing"
	"time"

	"tokenscale/authority/authoritytest"
	"tokenscale/epoch"
	"tokenscale/token"
)

// nightly is a machine that is switched off each night, and the tokens it made.
type nightly struct {
	h    *authoritytest.House
	ends map[token.ID]epoch.Millis
	ran  map[token.ID]time.Duration // since they expired
	late time.Duration              // the longest that one was listed after it had expired
	most time.Duration              // for which the server ran meanwhile
}

func (n *nightly) token(t testing.TB) {
	v, _ := n.h.Token(ending(n.h, "an hour", time.Hour))
	n.ends[v.ID] = v.ExpireAt
}

// run lets the server run for a step and looks what is still listed.
func (n *nightly) run(t testing.TB, step time.Duration) {
	t.Helper()
	running(t, n.h, step, step)
	for id, end := range n.ends {
		switch over := time.Duration(n.h.Clock.Millis()-end) * time.Millisecond; {
		case !listed(n.h, id):
			delete(n.ends, id)
		case over > 0:
			n.ran[id] += step
			n.late, n.most = max(n.late, over), max(n.most, n.ran[id])
		}
	}
}

// A machine that is switched off each night must forget what has expired.
func TestGaps_OffEachNightWhatHasExpiredIsRemovedWithin48HoursOfRunning(t *testing.T) {
	const step = 15 * minute
	for _, test := range []struct {
		on     time.Duration // each day
		nights int
		late   time.Duration // after which nothing is listed
	}{
		{12 * time.Hour, 10, 36*time.Hour + 5*minute},
		{8 * time.Hour, 15, 3 * day},
		{22 * time.Hour, 10, 36 * time.Hour},
		{time.Hour, 100, 48 * day},
	} {
		t.Run(test.on.String()+" a day", func(t *testing.T) {
			n := nightly{h: authoritytest.Open(t), ends: map[token.ID]epoch.Millis{}, ran: map[token.ID]time.Duration{}}
			for night := range test.nights {
				early := time.Duration(night) * 70 * minute % test.on / step * step
				for at := time.Duration(0); at < test.on; at += step {
					if at == early || at == test.on-2*step { // the second expires by night
						n.token(t)
					}
					n.run(t, step)
				}
				off(t, n.h, day-test.on)
				if s := n.h.ClockState(); s.Doubtful() {
					t.Errorf("after night %d somebody is told to look at the clock: %+v", night, s)
				}
			}
			if log := n.h.Log.String(); strings.Count(log, "much time has passed") != test.nights || strings.Contains(log, "level=ERROR") || strings.Contains(log, "level=WARN") {
				t.Errorf("the log says\n%s", log)
			}
			t.Logf("listed for at most %v after its expiry, and %v of running; %d of %d are left", n.late, n.most, len(n.ends), 2*test.nights)
			if n.late > test.late || n.most > 48*time.Hour {
				t.Errorf("one was listed %v after its expiry, want at most %v and 48 hours of running", n.late, test.late)
			}
			for range 48*time.Hour/step + 1 { // without a night
				n.run(t, step)
			}
			if left := len(n.h.All()); left != 0 {
				t.Errorf("%d are left two days later", left)
			}
		})
	}
}
