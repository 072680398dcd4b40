package app

import (
	"io"
	"sync"
	"time"
)

// A sink passes audit lines on, and remembers how that goes, for the health
// check. One goroutine writes; any may ask.
type sink struct {
	out io.Writer
	now func() time.Time

	mu    sync.Mutex
	began time.Time // of the write under way; zero if there is none
	err   error     // of the last write
}

// Write implements io.Writer.
func (s *sink) Write(b []byte) (int, error) {
	s.set(s.now(), nil)
	n, err := s.out.Write(b)
	s.set(time.Time{}, err)
	return n, err
}

func (s *sink) set(began time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.began = began
	if began.IsZero() {
		s.err = err
	}
}

// state returns how long the write under way has been taking, and the error of
// the last one.
func (s *sink) state() (busy time.Duration, last error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.began.IsZero() {
		return 0, s.err
	}
	return s.now().Sub(s.began), s.err
}
