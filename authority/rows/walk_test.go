package rows

import (
	"testing"
	"time"
)

func TestAWalkLeavesMostOfTheTimeToOthers(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name   string
		most   int
		commit time.Duration
		want   time.Duration
	}{
		{"a small batch on a fast disk", 25, ms / 2, 2 * ms},
		{"a large one", 1000, ms / 2, 20 * ms},
		{"a store whose commits take long", 25, 10 * ms, 40 * ms},
		{"one that hangs", 25, time.Minute, time.Second},
	} {
		if got := walkPause(c.most, c.commit); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
