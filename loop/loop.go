package loop

import (
	"context"
	"time"
)

// Every calls do each time the pause has passed, until ctx ends. The first
// call comes after one pause. A call that takes longer than the pause delays
// the next one; calls never pile up.
func Every(ctx context.Context, pause time.Duration, do func(context.Context)) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			do(ctx)
		}
	}
}

// Rest waits for d, or until ctx ends; then it returns the error of ctx.
func Rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A Signal tells a loop that there is work. However often it is set before
// the loop looks, that is one round of work. It is safe for concurrent use.
type Signal struct{ set chan struct{} }

// NewSignal returns a Signal that is not set.
func NewSignal() Signal { return Signal{make(chan struct{}, 1)} }

// Set sets the signal. It never blocks.
func (s Signal) Set() {
	select {
	case s.set <- struct{}{}:
	default:
	}
}

// Each calls do each time the signal is set, until ctx ends. What was set
// before Each is called counts, too. The signal is cleared before do is
// called, so work that comes meanwhile gets a round of its own.
func (s Signal) Each(ctx context.Context, do func(context.Context)) {
	s.EachOrEvery(ctx, 0, do)
}

// EachOrEvery is Each, and also calls do each time the pause has passed. With
// a pause of zero it is Each.
func (s Signal) EachOrEvery(ctx context.Context, pause time.Duration, do func(context.Context)) {
	s.EachOr(ctx, do, pause, do)
}

// EachOr is Each, and calls every each time the pause has passed. With a pause
// of zero it is Each.
func (s Signal) EachOr(ctx context.Context, do func(context.Context), pause time.Duration, every func(context.Context)) {
	var tick <-chan time.Time
	if pause > 0 {
		ticker := time.NewTicker(pause)
		defer ticker.Stop()
		tick = ticker.C
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
			every(ctx)
		case <-s.set:
			do(ctx)
		}
	}
}

// EachAfter is Each with a pause before every round: many signals in a row
// cost one round a pause.
func (s Signal) EachAfter(ctx context.Context, pause time.Duration, do func(context.Context)) {
	Every(ctx, pause, func(ctx context.Context) {
		select {
		case <-ctx.Done():
		case <-s.set:
			do(ctx)
		}
	})
}
