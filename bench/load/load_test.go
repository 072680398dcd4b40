//go:build bench

package load

import (
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// working is a worker all of whose pieces are done by do.
func working(do Work) Worker {
	return func() (Work, func(), error) { return do, func() {}, nil }
}

func TestPaced_WhatWaitsBehindASlowAnswerIsLateFromWhenItWasDue(t *testing.T) {
	first := true
	l, err := Paced(1000, 1, 100*time.Millisecond, working(func() error {
		if first {
			first = false
			time.Sleep(100 * time.Millisecond)
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	// The half of what was due meanwhile waited for at least half of it.
	if l.P50 < 45*time.Millisecond || l.P99 < 90*time.Millisecond {
		t.Errorf("p50 %v, p99 %v of %d; a generator that waits along would say so", l.P50, l.P99, l.Count)
	}
}

func TestPaced_SendsWhatTheRateSays(t *testing.T) {
	l, err := Paced(500, 4, 100*time.Millisecond, working(func() error { return nil }))
	if err != nil || l.Count != 51 {
		t.Errorf("%d pieces, %v; want 51 in 100 ms at 500/s, with the first and the last", l.Count, err)
	}
}

func TestLoad_ARefusalIsNoResult(t *testing.T) {
	refused := errors.New("refused")
	for _, rate := range []int{0, 100} {
		if _, err := Run(rate, 2, 10*time.Millisecond, working(func() error { return refused })); !errors.Is(err, refused) {
			t.Errorf("rate %d: %v", rate, err)
		}
	}
}
