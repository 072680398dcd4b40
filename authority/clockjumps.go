package authority

import (
	"time"

	"tokenscale/epoch"
)

// ClockJumps counts since the server started.
type ClockJumps struct{ Back, Ahead uint64 }

// A clockJump is what happened to the machine's clock.
type clockJump struct {
	direction string // back or ahead
	by        time.Duration
	wall      epoch.Millis // what it says now
	at        epoch.Millis // what time it is
}

// A clock that jumps all the time must not fill the audit log.
const (
	maxNews   = 20          // jumps that are kept until they are written down
	newsPause = time.Minute // between two times that they are
)

func (c *clock) tell(j clockJump) {
	if len(c.news) < maxNews {
		c.news = append(c.news, j)
	}
}

// takeNews returns the jumps that nobody was told of, if it is time to.
func (c *clock) takeNews() []clockJump {
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

func (c *clock) putBackNews(news []clockJump) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quiet = 0
	for _, j := range news {
		c.tell(j)
	}
}
