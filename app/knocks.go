package app

import (
	"context"

	"tokenscale/policy"
)

// Knocks tells the audit log of refused credentials, on a goroutine of its
// own. The first of a kind is written to disk, and a client that waited for
// that could tell from the time why it was refused.
type knocks struct {
	queue chan knock
	stop  chan struct{} // closed when no more will be told
	done  chan struct{} // closed when all have been told of
}

// A knock is one refused credential.
type knock struct {
	by      policy.Actor
	outcome policy.Outcome
}

// waiting is how many may wait to be told of; counting one takes less than a
// microsecond, so that only a flood of them ever waits.
const waiting = 4096

// newKnocks starts to tell. close ends it.
func newKnocks(tell func(context.Context, policy.Actor, policy.Outcome)) *knocks {
	k := &knocks{queue: make(chan knock, waiting), stop: make(chan struct{}), done: make(chan struct{})}
	go k.run(tell)
	return k
}

func (k *knocks) run(tell func(context.Context, policy.Actor, policy.Outcome)) {
	defer close(k.done)
	ctx := context.Background() // the request may be over already
	for {
		select {
		case n := <-k.queue:
			tell(ctx, n.by, n.outcome)
			continue
		case <-k.stop:
		}
		for len(k.queue) > 0 {
			n := <-k.queue
			tell(ctx, n.by, n.outcome)
		}
		return
	}
}

// tell is the hook of a door. A request that was cut off may still come here
// after close, and is then told of nowhere.
func (k *knocks) tell(_ context.Context, by policy.Actor, outcome policy.Outcome) {
	select {
	case k.queue <- knock{by, outcome}:
	case <-k.stop:
	}
}

// close waits until all have been told of. It comes after the last request.
func (k *knocks) close(ctx context.Context) error {
	close(k.stop)
	select {
	case <-k.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
