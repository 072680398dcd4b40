package authority

import (
	"context"
	"sync"
)

// A sweeper carries changes of policy through, one at a time, on a goroutine
// of its own: whoever waits for it may leave.
type sweeper struct {
	a    *Authority
	stop context.Context // ends when the authority closes

	mu      sync.Mutex
	current *sweeping // nil if there is none under way
}

// sweeping is one run of a sweeper.
type sweeping struct {
	again bool          // somebody joined it, who may have missed its end
	ended chan struct{} // closed when it ends; err is set by then
	err   error
}

// finish starts a sweep, or joins the one under way, and waits for its end.
func (s *sweeper) finish(ctx context.Context) error {
	run := s.join()
	select {
	case <-run.ended:
		return run.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *sweeper) join() *sweeping {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != nil {
		s.current.again = true
		return s.current
	}
	s.current = &sweeping{ended: make(chan struct{})}
	go s.run(s.current)
	return s.current
}

// run sweeps until no sweep is left and nobody has joined since it looked. A
// change of policy may be committed in the very batch that ends the sweep
// before it, so whoever joins is owed another look.
func (s *sweeper) run(r *sweeping) {
	defer close(r.ended)
	for more := true; more; {
		r.err = s.a.sweepAll(s.stop)
		more = s.more(r)
	}
	if r.err != nil {
		s.a.log.Error("the sweep of a changed security policy stopped before its end; it goes on later, and the policy binds meanwhile", "err", r.err)
	}
}

// more reports whether r has to look again. If not, r is not joined any more.
func (s *sweeper) more(r *sweeping) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.again && r.err == nil {
		r.again = false
		return true
	}
	s.current = nil
	return false
}

// wait returns when no sweep is under way.
func (s *sweeper) wait() {
	s.mu.Lock()
	run := s.current
	s.mu.Unlock()
	if run != nil {
		<-run.ended
	}
}
