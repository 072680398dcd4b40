package clock

import (
	"time"

	"tokenscale/epoch"
)

// State says what becomes of the machine's clock.
type State struct {
	Now epoch.Millis // what time it is, for tokens
	// By how much the machine's clock is behind that; 0 unless it is more than a minute.
	Behind time.Duration
	Ahead  time.Duration // by how much it has jumped ahead in the last 24 hours of running
	Jumps  Jumps
}

// Doubtful reports whether somebody should look at the machine's clock.
func (s State) Doubtful() bool { return s.Behind > 0 || s.Ahead > 0 }

// State returns what becomes of the machine's clock.
func (c *Clock) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := State{Now: c.follow(), Jumps: c.jumps}
	wall := c.wall()
	if c.late != nil {
		s.Behind = between(epoch.Of(wall), s.Now)
	}
	if c.steady(wall) < c.leapt.steady+worry {
		s.Ahead = c.leapt.by
	}
	return s
}
