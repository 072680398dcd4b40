package authn

import (
	"sync/atomic"
	"time"
)

const (
	// evenTime is how long it takes to refuse a credential, at least. It is
	// longer than judging one whose token has left the processor's caches.
	evenTime = 4 * time.Microsecond

	// evenBits are those of the nanoseconds that come on top. The clock is read
	// some forty nanoseconds apart; if all waited for the same moment, how
	// much later than that the last reading came would tell when the first did.
	evenBits = 10

	// evenLooks is after how many readings nobody waits any longer: the clock
	// of a test may stand still.
	evenLooks = 512
)

// An Even makes all refusals of a credential take the same time, about five
// microseconds, although it takes some nanoseconds more to find a token than to
// find none. Of a machine that is busy it makes no other, so a few take longer,
// for reasons that have nothing to do with the credential. It is safe for
// concurrent use. A nil *Even leaves the time as it is.
type Even struct {
	now  func() time.Time
	turn atomic.Uint32
}

// NewEven returns an Even that reads the time from now, to the nanosecond.
func NewEven(now func() time.Time) *Even { return &Even{now: now} }

// Begin returns the moment that Wait should be given.
func (e *Even) Begin() (began time.Time) {
	if e != nil {
		began = e.now()
	}
	return began
}

// Wait returns when the time of a refusal that began at since has passed. It
// reads the clock over and over: to sleep would take far longer, and as long as
// the machine likes.
func (e *Even) Wait(since time.Time) {
	if e == nil {
		return
	}
	until := evenTime + time.Duration(e.turn.Add(goldenSection)>>(32-evenBits))
	for range evenLooks {
		if e.now().Sub(since) >= until {
			return
		}
	}
}
