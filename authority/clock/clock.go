package clock

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"tokenscale/epoch"
)

const (
	// slack is how far the machine's clock may be behind what it said before.
	// So much is corrected now and then; time stands still meanwhile.
	slack = time.Minute

	// leap is how far it may get ahead of the steady clock before that counts
	// as a jump, which people are told of.
	leap = time.Hour

	// worry is for how long of running health warns of a jump ahead.
	worry = 24 * time.Hour
)

// A Clock tells the time, which never runs back. If the machine's clock falls
// behind by more than a minute, time goes on as the steady clock counts it. It
// is safe for concurrent use.
type Clock struct {
	wall   func() time.Time
	steady func(time.Time) time.Duration // since some moment, not moved by whoever sets the clock
	mark   atomic.Int64                  // the latest moment that was told, epoch.Millis

	mu    sync.Mutex
	base  moment        // at which the steady clock agreed with what time it was
	late  *moment       // since when the machine's clock is behind; nil while it is not
	ran   time.Duration // before this run
	begun time.Duration // when this run began, by the steady clock
	leapt leapt         // the last jump ahead
	jumps Jumps
	news  []Jump        // what nobody was told of yet
	saved epoch.Millis  // the mark that a restart would find
	quiet time.Duration // until then, by the steady clock, nobody is told of more
}

// A moment is one on both clocks.
type moment struct {
	at     epoch.Millis
	steady time.Duration
}

// leapt is by how much the machine's clock has jumped ahead, and when.
type leapt struct{ by, steady time.Duration }

// Saved is what is kept of a Clock over a restart.
type Saved struct {
	Mark epoch.Millis  // what time it was
	Ran  time.Duration // for how long the server had run
}

// New returns a Clock that does not know yet how far time had come; see Begin.
// now is the machine's clock. If steady is nil, the monotonic part of what now
// returns counts.
func New(now func() time.Time, steady func() time.Duration) *Clock {
	if steady == nil {
		start := now()
		return &Clock{wall: now, steady: func(t time.Time) time.Duration { return t.Sub(start) }}
	}
	return &Clock{wall: now, steady: func(time.Time) time.Duration { return steady() }}
}

// Begin goes on from where an earlier Clock ended. If accept is set, it goes on
// from what the machine's clock says instead; accepted tells whether that made
// a difference.
func (c *Clock) Begin(s Saved, accept bool) (accepted bool) {
	wall := c.wall()
	now := epoch.Of(wall)
	if accept && now.Add(slack) < s.Mark {
		s.Mark, accepted = now, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begun, c.ran = c.steady(wall), s.Ran
	c.base = moment{max(now, s.Mark), c.begun}
	c.mark.Store(int64(s.Mark))
	if !accepted {
		c.saved = s.Mark
	}
	c.follow()
	return accepted
}

// Now returns what time it is. It stands in front of every request, so in the
// usual case it takes no lock.
func (c *Clock) Now() epoch.Millis {
	now, mark := epoch.Of(c.wall()), epoch.Millis(c.mark.Load())
	switch {
	case now <= mark && mark <= now.Add(slack):
		return mark
	case now < mark || now > mark.Add(leap):
		return c.Look()
	}
	return c.raise(now)
}

// raise moves time on, never back, and returns what time it is.
func (c *Clock) raise(to epoch.Millis) epoch.Millis {
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

// Look compares the machine's clock with the steady one and with what time it
// was, and returns what time it is. It is called every second.
func (c *Clock) Look() epoch.Millis {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.follow()
}

// follow is Look for who holds the lock.
func (c *Clock) follow() epoch.Millis {
	wall := c.wall()
	here := moment{epoch.Of(wall), c.steady(wall)}
	mark := epoch.Millis(c.mark.Load())
	c.noteLeap(here)
	if mark <= here.at.Add(slack) {
		c.late = nil
		return c.raise(here.at)
	}
	if c.late == nil {
		c.late = &moment{mark, here.steady}
		c.jumps.Back++
		c.tell(Jump{"back", between(here.at, mark), here.at, mark})
	}
	return c.raise(c.late.at.Add(here.steady - c.late.steady))
}

// noteLeap takes note if the machine's clock has moved on much more than the
// steady one.
func (c *Clock) noteLeap(here moment) {
	steady := c.base.at.Add(here.steady - c.base.steady)
	ahead := between(steady, here.at)
	if ahead <= leap {
		return
	}
	c.base, c.leapt = here, leapt{ahead, here.steady}
	c.jumps.Ahead++
	c.tell(Jump{"ahead", ahead, here.at, here.at})
}

// between returns the time from one moment to another, or the longest there is.
func between(from, to epoch.Millis) time.Duration {
	const longest = epoch.Millis(math.MaxInt64 / time.Millisecond)
	return time.Duration(max(-longest, min(to-from, longest))) * time.Millisecond
}

// Running returns for how long the server has run, over all its runs. What a
// crash has lost of it is missing, so it is never more than the truth.
func (c *Clock) Running() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.running()
}

func (c *Clock) running() time.Duration { return c.ran + max(0, c.steady(c.wall())-c.begun) }

// ToSave returns what is to be kept over a restart.
func (c *Clock) ToSave() Saved {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Saved{c.follow(), c.running()}
}

// WasSaved takes note of what a restart would find.
func (c *Clock) WasSaved(s Saved) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.saved = s.Mark
}

// LastSaved returns what time it would be after a crash, if the machine's clock
// did not know.
func (c *Clock) LastSaved() epoch.Millis {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.saved
}
