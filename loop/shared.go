package loop

import (
	"context"
	"sync"
)

// A Shared task is carried out by one goroutine at a time. Whoever asks for it
// while it is under way joins, and may leave before its end. It is safe for
// concurrent use.
type Shared struct {
	do func() error

	mu      sync.Mutex
	current *run // nil if there is none under way
}

// run is one time that a task is carried out.
type run struct {
	again bool          // somebody joined it, who may have missed its end
	ended chan struct{} // closed when it ends; err is set by then
	err   error
}

// NewShared returns a task that do carries out, however many ask for it.
func NewShared(do func() error) *Shared { return &Shared{do: do} }

// Do starts the task, or joins it if it is under way, and waits for its end. If
// ctx ends first it returns the error of ctx, and the task goes on.
func (s *Shared) Do(ctx context.Context) error {
	r := s.join()
	select {
	case <-r.ended:
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Shared) join() *run {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != nil {
		s.current.again = true
		return s.current
	}
	s.current = &run{ended: make(chan struct{})}
	go s.carryOut(s.current)
	return s.current
}

// carryOut does the task until nobody has joined since it began: the work of
// whoever joins may have come just when it had ended.
func (s *Shared) carryOut(r *run) {
	defer close(r.ended)
	for more := true; more; {
		r.err = s.do()
		more = s.more(r)
	}
}

// more reports whether r has to be done again. If not, it is not joined any more.
func (s *Shared) more(r *run) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.again && r.err == nil {
		r.again = false
		return true
	}
	s.current = nil
	return false
}

// Wait returns when the task is not under way.
func (s *Shared) Wait() {
	s.mu.Lock()
	r := s.current
	s.mu.Unlock()
	if r != nil {
		<-r.ended
	}
}
