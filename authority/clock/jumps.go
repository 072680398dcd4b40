package clock

import (
	"time"

	"tokenscale/epoch"
)

// Jumps counts since the server started.
type Jumps struct{ Back, Ahead uint64 }

// A Jump is what happened to the machine's clock.
type Jump struct {
	Direction string // back or ahead
	By        time.Duration
	Wall      epoch.Millis // what the machine's clock says now
	At        epoch.Millis // what time it is
}

// A clock that jumps all the time must not fill the audit log.
const (
	maxNews   = 20          // jumps that are kept until they are written down
	newsPause = time.Minute // between two times that they are
)

func (c *Clock) tell(j Jump) {
	if len(c.news) < maxNews {
		c.news = append(c.news, j)
	}
}

// TakeNews returns the jumps that nobody was told of, if it is time to.
func (c *Clock) TakeNews() []Jump {
	c.mu.Lock()
	defer c.mu.Unlock()
	steady := c.steady(c.wall())
	if len(c.news) == 0 || steady < c.quiet {
		return nil
	}
	news := c.news
	c.news, c.quiet = nil, steady+newsPause
	return news
}

// PutBackNews keeps jumps that could not be written down for the next time.
func (c *Clock) PutBackNews(news []Jump) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quiet = 0
	for _, j := range news {
		c.tell(j)
	}
}
