package overlay

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"tokenscale/store"
)

// call is a caller of Update who waits.
type call struct {
	ctx        context.Context
	fn         func(store.Writer) error
	useReserve bool
	first      bool        // it begins its batch
	everywhere bool        // it was given store.Everywhere
	alone      bool        // it shares its batch with nobody
	claimed    atomic.Bool // whoever sets it decides: the committer runs fn, or the caller leaves
	answer     chan error

	err     error          // what became of it so far
	changes []store.Change // what it did to the batch
	left    bool           // it was answered, and waits no more
	asked   time.Time      // when Update was called
}

func (c *call) claim() bool { return c.claimed.CompareAndSwap(false, true) }

// Update implements store.DB.
func (c *Committer) Update(ctx context.Context, fn func(store.Writer) error, how ...store.Option) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case closed(c.closing):
		return store.ErrClosed
	case c.Err() != nil:
		return c.Err()
	}
	caller := &call{
		ctx: ctx, fn: fn, answer: make(chan error, 1),
		useReserve: slices.Contains(how, store.UseReserve), first: slices.Contains(how, store.First),
		everywhere: slices.Contains(how, store.Everywhere), asked: c.settings.Now(),
	}
	select {
	case c.queue <- caller:
		return c.await(caller)
	case <-ctx.Done():
		return ctx.Err()
	case <-c.closing:
		return store.ErrClosed
	case <-c.stopped:
		return c.Err()
	}
}

// await waits for the answer to a caller. One whose ctx ends leaves at once if its function has
// not begun; after that its function may be running, and only the answer tells what came of it.
func (c *Committer) await(caller *call) error {
	select {
	case err := <-caller.answer:
		return err
	case <-caller.ctx.Done():
		if caller.claim() {
			return caller.ctx.Err()
		}
	case <-c.done:
		if caller.claim() { // the store was closed, and nobody is left to run it
			return store.ErrClosed
		}
	}
	return <-caller.answer
}
