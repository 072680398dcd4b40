package app

import (
	"context"
	"io"
	"sync"
	"time"

	"tokenscale/authority/ledger"
)

// A sink passes audit lines on, and remembers how that goes, for the health
// check. One goroutine writes and looks; any may ask.
type sink struct {
	out io.Writer
	now func() time.Time

	mu    sync.Mutex
	began time.Time // of the write under way; zero if there is none
	err   error     // of the last write
	seen  error     // by the last look
}

// Write implements io.Writer.
func (s *sink) Write(b []byte) (int, error) {
	s.set(s.now(), nil)
	n, err := s.out.Write(b)
	s.set(time.Time{}, err)
	return n, err
}

// Look implements ledger.Looker.
func (s *sink) Look() error {
	looker, ok := s.out.(ledger.Looker)
	if !ok {
		return nil
	}
	err := looker.Look()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = lasting(err)
	return err
}

// lasting returns err, unless all it says is that lines are written again.
func lasting(err error) error {
	if ledger.WrittenAgain(err) {
		return nil
	}
	return err
}

func (s *sink) set(began time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.began = began
	if began.IsZero() {
		s.err = lasting(err)
	}
}

// state returns how long the write under way has been taking, and what is in
// the way of lines.
func (s *sink) state() (busy time.Duration, last error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last = s.err; last == nil {
		last = s.seen
	}
	if s.began.IsZero() {
		return 0, last
	}
	return s.now().Sub(s.began), last
}

// openSink opens where audit entries are written out to. It is closed last,
// after the store: the last entries come when the authority closes.
func (a *App) openSink() (io.Writer, error) {
	switch a.opts.AuditFile {
	case "":
		return nil, nil // not a *sink that is nil: the authority asks for nil
	case "-":
		a.sink = &sink{out: a.opts.Stdout, now: a.opts.Now}
		return a.sink, nil
	}
	f, err := openLines(a.opts.AuditFile, a.opts.notAudit())
	if err != nil {
		return nil, err
	}
	a.lines = f
	a.undoes("audit file", func(context.Context) error { return f.Close() })
	a.sink = &sink{out: f, now: a.opts.Now}
	return a.sink, nil
}
