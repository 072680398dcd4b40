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

	// clockHold is for how long nothing is removed after such a leap: time for
	// somebody to see that the clock is wrong.
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
	base  moment  // at which the two clocks agreed
	late  *moment // since when the machine's clock is behind; nil while it is not
	leapt time.Duration
	held  epoch.Millis // before this, nothing is removed because it has expired
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
func (c *clock) begin(mark, held epoch.Millis, accept bool) (accepted bool) {
	wall := c.wall()
	now := epoch.Of(wall)
	c.mu.Lock()
	c.base = moment{now, c.steady(wall)}
	if mark != 0 && now > mark.Add(clockLeap) {
		held = now.Add(clockHold)
	}
	if accept && (now.Add(clockSlack) < mark || now < held) {
		mark, held, accepted = now, 0, true
	}
	c.held = held
	c.mark.Store(int64(mark))
	c.mu.Unlock()
	c.look()
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
	wall := c.wall()
	here := moment{epoch.Of(wall), c.steady(wall)}
	if ahead := here.since(c.base); ahead > clockLeap {
		c.base, c.leapt, c.held = here, ahead, here.at.Add(clockHold)
		c.jumps.Ahead++
		c.tell(clockJump{"ahead", ahead, here.at, here.at})
	}
	mark := epoch.Millis(c.mark.Load())
	if mark <= here.at.Add(clockSlack) {
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

// since returns how far the machine's clock has moved more than the steady one.
func (m moment) since(base moment) time.Duration {
	return between(base.at.Add(m.steady-base.steady), m.at)
}

// between returns the time from one moment to another, or the longest there is.
func between(from, to epoch.Millis) time.Duration {
	const longest = epoch.Millis(math.MaxInt64 / time.Millisecond)
	return time.Duration(max(-longest, min(to-from, longest))) * time.Millisecond
}

// ClockState says what becomes of the machine's clock.
type ClockState struct {
	Now    epoch.Millis  // what time it is, for tokens
	Behind time.Duration // by how much the machine's clock is behind that; 0 unless it is more than a minute
	Ahead  time.Duration // by how much it has jumped ahead; 0 unless that was within the last day
	Held   epoch.Millis  // before this moment no expired token is removed; zero if they are
	Jumps  ClockJumps
}

// Doubtful reports whether somebody should look at the machine's clock.
func (s ClockState) Doubtful() bool { return s.Behind > 0 || s.Ahead > 0 }

// state returns what becomes of the machine's clock.
func (c *clock) state() ClockState {
	now := c.look()
	c.mu.Lock()
	defer c.mu.Unlock()
	s := ClockState{Now: now, Jumps: c.jumps}
	if c.late != nil {
		s.Behind = between(epoch.Of(c.wall()), now)
	}
	if now < c.held {
		s.Held, s.Ahead = c.held, c.leapt
	}
	return s
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

// mayRemove reports whether what has expired may be removed, which nobody can
// take back: not while anything is wrong with the machine's clock.
func (c *clock) mayRemove() bool {
	s := c.state()
	return s.Behind == 0 && s.Held == 0
}
