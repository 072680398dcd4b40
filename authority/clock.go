package authority

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"tokenscale/epoch"
)

const (
	// clockSlack is how far the machine's clock may be behind what it said
	// before. So much is corrected now and then; time stands still meanwhile.
	clockSlack = time.Minute

	// clockLeap is how far it may get ahead of the steady clock, or of the
	// moment at which the server last ran, before anybody may doubt it.
	clockLeap = time.Hour

	// clockHold is for how long the server must run after such a leap before
	// it is believed: time for somebody to see that the clock is wrong.
	clockHold = 24 * time.Hour
)

// A clock tells the time that tokens are judged by. It follows the clock of
// the machine, but never back, not over a restart either: what has expired
// stays expired. If that clock falls behind by more than clockSlack, time goes
// on as the steady clock counts it. It is safe for concurrent use.
type clock struct {
	wall   func() time.Time
	steady func(time.Time) time.Duration // since some moment, not moved by whoever sets the clock
	mark   atomic.Int64                  // the latest moment that was told, epoch.Millis

	mu    sync.Mutex
	base  moment        // at which the steady clock agreed with what time it was
	late  *moment       // since when the machine's clock is behind; nil while it is not
	seen  time.Duration // when the last look was, by the steady clock
	gaps  gaps
	leapt time.Duration // the last gap, if it came while this server ran
	jumps ClockJumps
	news  []clockJump   // what nobody was told of yet
	saved epoch.Millis  // the mark that a restart would find
	quiet time.Duration // until then, by the steady clock, nobody is told of more
}

// A moment is one on both clocks.
type moment struct {
	at     epoch.Millis
	steady time.Duration
}

// newClock returns a clock that does not know yet how far time had come; see
// begin. If steady is nil, the monotonic part of what now returns counts.
func newClock(now func() time.Time, steady func() time.Duration) *clock {
	if steady == nil {
		start := now()
		return &clock{wall: now, steady: func(t time.Time) time.Duration { return t.Sub(start) }}
	}
	return &clock{wall: now, steady: func(time.Time) time.Duration { return steady() }}
}

// begin goes on from the moment at which an earlier clock ended. If accept is
// set, it goes on from what the machine's clock says instead; accepted tells
// whether that made a difference.
func (c *clock) begin(t savedTime, accept bool) (accepted bool) {
	wall := c.wall()
	now := epoch.Of(wall)
	if t.mark != 0 && now > t.mark.Add(clockLeap) {
		t.gaps.add(now - t.mark)
	}
	if accept && (now.Add(clockSlack) < t.mark || t.gaps != gaps{}) {
		t, accepted = savedTime{mark: now}, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen, c.gaps = c.steady(wall), t.gaps
	c.base = moment{max(now, t.mark), c.seen}
	c.mark.Store(int64(t.mark))
	c.follow()
	return accepted
}

// now returns what time it is. It stands in front of every request, so in the
// usual case it takes no lock.
func (c *clock) now() epoch.Millis {
	now, mark := epoch.Of(c.wall()), epoch.Millis(c.mark.Load())
	switch {
	case now <= mark && mark <= now+epoch.Millis(clockSlack/time.Millisecond):
		return mark
	case now < mark || now > mark+epoch.Millis(clockLeap/time.Millisecond):
		return c.look()
	}
	return c.raise(now)
}

// raise moves time on, never back, and returns what time it is.
func (c *clock) raise(to epoch.Millis) epoch.Millis {
	for {
		mark := c.mark.Load()
		if int64(to) <= mark {
			return epoch.Millis(mark)
		}
		if c.mark.CompareAndSwap(mark, int64(to)) {
			return to
		}
	}
}

// look compares the machine's clock with the steady one and with what time it
// was, and returns what time it is.
func (c *clock) look() epoch.Millis {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.follow()
}

// follow is look for who holds the lock.
func (c *clock) follow() epoch.Millis {
	wall := c.wall()
	here := moment{epoch.Of(wall), c.steady(wall)}
	mark := epoch.Millis(c.mark.Load())
	behind := mark > here.at.Add(clockSlack)
	c.count(here, behind)
	c.leap(here)
	if !behind {
		c.late = nil
		return c.raise(here.at)
	}
	if c.late == nil {
		c.late = &moment{mark, here.steady}
		c.jumps.Back++
		c.tell(clockJump{"back", between(here.at, mark), here.at, mark})
	}
	return c.raise(c.late.at.Add(here.steady - c.late.steady))
}

// count counts for how long the server runs. A clock that is behind is known
// to be wrong, or to have been, so meanwhile no gap comes to be believed.
func (c *clock) count(here moment, behind bool) {
	if c.late == nil && !behind {
		c.gaps.ran(here.steady - c.seen)
	}
	c.seen = here.steady
}

// leap takes note if the machine's clock has moved on much more than the
// steady one.
func (c *clock) leap(here moment) {
	steady := c.base.at.Add(here.steady - c.base.steady)
	ahead := between(steady, here.at)
	if ahead <= clockLeap {
		return
	}
	c.gaps.add(here.at - steady)
	c.base, c.leapt = here, ahead
	c.jumps.Ahead++
	c.tell(clockJump{"ahead", ahead, here.at, here.at})
}

// between returns the time from one moment to another, or the longest there is.
func between(from, to epoch.Millis) time.Duration {
	const longest = epoch.Millis(math.MaxInt64 / time.Millisecond)
	return time.Duration(max(-longest, min(to-from, longest))) * time.Millisecond
}

// wasSaved takes note of what a restart would find.
func (c *clock) wasSaved(t savedTime) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.saved = t.mark
}

func (c *clock) lastSaved() epoch.Millis {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.saved
}
