package authn

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// A runner is a clock that moves on whenever it is read.
type runner struct {
	at    time.Time
	step  time.Duration
	looks int
}

func (r *runner) now() time.Time {
	r.looks++
	r.at = r.at.Add(r.step)
	return r.at
}

func TestEven_ARefusalTakesFourToFiveMicrosecondsSpreadEvenly(t *testing.T) {
	const step = 10
	clock := &runner{at: time.Unix(1, 0), step: step}
	e := NewEven(clock.now)
	var hits [16]int // of each 64 nanoseconds
	for range 1600 {
		began := e.Begin()
		e.Wait(began)
		took := clock.at.Sub(began)
		if took < 4000 || took >= 4000+1024+step {
			t.Fatalf("a refusal took %v, want 4 µs to 5.024 µs", took)
		}
		hits[min(15, (took-4000)/64)]++
	}
	for i, n := range hits {
		if n < 80 || n > 120 {
			t.Errorf("%d of 1600 took %d to %d ns, want about 100", n, 4000+64*i, 4064+64*i)
		}
	}
}

func TestEven_WhatTookLongerWaitsNoMore(t *testing.T) {
	clock := &runner{at: time.Unix(1, 0), step: time.Millisecond}
	e := NewEven(clock.now)
	e.Wait(e.Begin())
	if clock.looks != 2 {
		t.Errorf("the clock was read %d times, want twice", clock.looks)
	}
}

func TestEven_AClockThatStandsStillHoldsNobodyUp(t *testing.T) {
	clock := &runner{}
	e := NewEven(clock.now)
	e.Wait(e.Begin())
	if clock.looks != 1+512 {
		t.Errorf("the clock was read %d times, want 513", clock.looks)
	}
}

func TestProtect_RefusedCredentialsTakeTheSameTimeAndGoodOnesTakeNone(t *testing.T) {
	s := newStand(t)
	clock := &runner{step: 10 * time.Nanosecond}
	s.door.Even = NewEven(clock.now)
	for credential, waits := range map[string]bool{
		"Bearer good": false, "Bearer expired": true, "Bearer filtered": true, "Bearer who?": true, "Nonsense": true, "": false,
	} {
		clock.looks = 0
		r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
		if credential != "" {
			r.Header.Set("Authorization", credential)
		}
		s.ServeHTTP(httptest.NewRecorder(), r)
		if got := clock.looks >= 400; got != waits {
			t.Errorf("%q: the clock was read %d times; waiting is %v, want %v", credential, clock.looks, got, waits)
		}
	}
}
