package authority

import (
	"time"

	"tokenscale/epoch"
)

// ClockState says what becomes of the machine's clock.
type ClockState struct {
	Now     epoch.Millis  // what time it is, for tokens
	Behind  time.Duration // by how much the machine's clock is behind that; 0 unless it is more than a minute
	Ahead   time.Duration // by how much it has jumped ahead while the server ran; 0 if that is believed
	Held    epoch.Millis  // when everything that has expired is removed again, if the server runs until then and the clock is not behind; zero if it is now
	Certain epoch.Millis  // up to which moment time has certainly come: what had expired by then is removed, unless the clock is behind. Now, unless Held is set
	Jumps   ClockJumps
}

// Doubtful reports whether somebody should look at the machine's clock.
func (s ClockState) Doubtful() bool { return s.Behind > 0 || s.Ahead > 0 }

// state returns what becomes of the machine's clock.
func (c *clock) state() ClockState {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.follow()
	s := ClockState{Now: now, Held: c.gaps.until(now), Certain: c.gaps.certain(now), Jumps: c.jumps}
	if c.late != nil {
		s.Behind = between(epoch.Of(c.wall()), now)
	}
	if s.Held != 0 {
		s.Ahead = c.leapt
	}
	return s
}

// toSave returns what is to be kept over a restart.
func (c *clock) toSave() savedTime {
	c.mu.Lock()
	defer c.mu.Unlock()
	return savedTime{c.follow(), c.gaps}
}

// certain returns the moment by which something must have expired to be removed
// now, which nobody can take back; !ok if nothing may be, because the machine's
// clock is behind.
func (c *clock) certain() (moment epoch.Millis, ok bool) {
	s := c.state()
	return s.Certain, s.Behind == 0
}
