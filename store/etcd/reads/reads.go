// Package reads has all who want to know what was committed up to now wait for one question.
package reads

import (
	"context"
	"sync"
	"time"

	"tokenscale/loop"
	"tokenscale/store"
)

// Shared is the questions of a node, one after the other. It is safe for concurrent use.
type Shared struct {
	mu     sync.Mutex
	next   *read         // not asked yet, so whoever comes now may wait for it; nil if nobody does
	wanted chan struct{} // there is a next one
}

type read struct {
	done chan struct{}
	err  error // read it after done is closed
}

// every is how far apart two questions begin at least.
const every = 5 * time.Millisecond

// New returns questions that nobody waits for.
func New() *Shared { return &Shared{wanted: make(chan struct{}, 1)} }

// Wait returns what came of a question that was asked after the call. It fails with ctx, and with
// store.ErrClosed when alive ends.
func (s *Shared) Wait(ctx, alive context.Context) error {
	s.mu.Lock()
	r := s.next
	if r == nil {
		r = &read{done: make(chan struct{})}
		s.next = r
		s.wanted <- struct{}{}
	}
	s.mu.Unlock()
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-alive.Done():
		return store.ErrClosed
	}
}

// Keep asks for those who wait, until ctx ends.
func (s *Shared) Keep(ctx context.Context, now func() time.Time, ask func() error) {
	for {
		select {
		case <-s.wanted:
		case <-ctx.Done():
			return
		}
		began := now()
		s.mu.Lock()
		r := s.next
		s.next = nil
		s.mu.Unlock()
		r.err = ask()
		close(r.done)
		_ = loop.Rest(ctx, every-now().Sub(began))
	}
}
