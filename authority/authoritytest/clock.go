package authoritytest

import (
	"sync"
	"time"

	"tokenscale/epoch"
)

// A Clock stands still until it is moved. It is safe for concurrent use.
type Clock struct {
	mu     sync.Mutex
	now    time.Time
	steady time.Duration
}

// Now returns the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Millis returns the time in milliseconds.
func (c *Clock) Millis() epoch.Millis { return epoch.Of(c.Now()) }

// Steady returns for how long the clock has gone on, however it was set.
func (c *Clock) Steady() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.steady
}

// Pass lets the time d pass.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now, c.steady = c.now.Add(d), c.steady+d
}

// Set sets the clock on by d, or back if d is negative, while no time passes.
func (c *Clock) Set(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
