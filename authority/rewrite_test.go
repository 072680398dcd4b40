package authority_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/authority/ledger"
)

// A cutSink has its lines taken away, and says so.
type cutSink struct {
	sink
	why   error // of the next write, or look
	looks atomic.Int64
}

func (s *cutSink) Write(p []byte) (int, error) {
	if err := s.lost(); err != nil {
		return len(p) / 2, err
	}
	return s.sink.Write(p)
}

func (s *cutSink) Look() error {
	s.looks.Add(1)
	return s.lost()
}

func (s *cutSink) lost() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.why
	s.why = nil
	return err
}

func (s *cutSink) lose(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got.Reset()
	s.why = why
}

func TestAuditLines_WhatMayBeLostIsWrittenAgain(t *testing.T) {
	for _, c := range []struct {
		name  string
		why   error
		later time.Duration // how long before the loss the first line was written
		more  bool          // a line comes after it
		want  int           // lines then
	}{
		{"of this write only", ledger.ErrAgain, 0, true, 1},
		{"of the last minute", ledger.ErrCut, 0, true, 3},
		{"of the last minute, though no line comes", ledger.ErrCut, 0, false, 2},
		{"not those of long before", ledger.ErrCut, 3 * time.Minute, true, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &cutSink{sink: sink{room: -1}}
			h := authoritytest.OpenWith(t, authoritytest.Setup{Options: func(o *authority.Options) { o.AuditSink = s }})
			h.Start()
			comes := func(n int) {
				t.Helper()
				for range 2000 {
					if strings.Count(s.String(), "\n") == n {
						return
					}
					time.Sleep(5 * time.Millisecond)
				}
				t.Fatalf("%d lines, want %d", strings.Count(s.String(), "\n"), n)
			}
			h.Token(draft("one"))
			comes(1)
			if c.later > 0 {
				// Who looks has noted when the line was written: both are done in turn.
				for before := s.looks.Load(); s.looks.Load() == before; {
					time.Sleep(5 * time.Millisecond)
				}
				h.Clock.Pass(c.later)
			}
			h.Token(draft("two"))
			comes(2)
			s.lose(c.why)
			if c.more {
				h.Token(draft("three"))
			}
			comes(c.want)
		})
	}
}
