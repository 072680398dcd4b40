package authority_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"tokenscale/authority/authoritytest"
	"tokenscale/epoch"
	"tokenscale/token"
)

// truth is what the machine cannot know: by how much its clock is wrong.
type truth struct {
	t      *testing.T
	h      *authoritytest.House
	accept *bool
	wrong  time.Duration // by how much the clock is ahead of the truth, or behind if negative
	ran    time.Duration // for how long the server has run ahead of the truth
	tokens map[token.ID]*mortal
}

// A mortal is a token, and for how long the server has run since it expired.
type mortal struct {
	end epoch.Millis
	ran time.Duration
}

func (m *truth) now() epoch.Millis { return m.h.Clock.Millis().Add(-m.wrong) }

func (m *truth) create(t *rapid.T) {
	d := draft("x")
	at := m.h.ClockState().Now.Add(rapid.SampledFrom([]time.Duration{minute, time.Hour, 7 * time.Hour, 30 * time.Hour, 30 * day, 400 * day}).Draw(t, "lives"))
	d.Expiry.At = &at
	v, _ := m.h.Token(d)
	m.tokens[v.ID] = &mortal{end: at}
}

// run lets the server run, and keep its house every two hours.
func (m *truth) run(t *rapid.T) {
	const step = 2 * time.Hour
	for d := rapid.SampledFrom([]time.Duration{10 * minute, time.Hour, 5 * time.Hour, 12 * time.Hour, 23 * time.Hour, 30 * time.Hour}).Draw(t, "runs"); d > 0; d -= step {
		before, passed := m.h.ClockState(), min(d, step)
		running(m.t, m.h, passed, passed)
		if m.wrong > 0 {
			m.ran += passed
		}
		after := m.h.ClockState()
		for _, l := range m.tokens {
			if l.end <= before.Now && before.Behind == 0 && after.Behind == 0 {
				l.ran += passed
			}
		}
		m.agree(t)
	}
}

var wrongs = []time.Duration{0, 0, 0, 3 * time.Hour, 6 * time.Hour, 30 * day, year, -6 * time.Hour, -year}

// jump sets the clock right or wrong.
func (m *truth) jump(t *rapid.T) {
	to := rapid.SampledFrom(wrongs).Draw(t, "wrong by")
	m.h.Clock.Set(to - m.wrong)
	m.wrong = to
	if m.h.DB != nil {
		followed(m.t, m.h)
	}
}

// start has the server off for some time, in which somebody may set the clock.
func (m *truth) start(t *rapid.T) {
	m.h.Clock.Pass(rapid.SampledFrom([]time.Duration{0, 10 * minute, 50 * minute, 2 * time.Hour, 12 * time.Hour, 12 * time.Hour, 3 * day}).Draw(t, "off"))
	if rapid.IntRange(0, 3).Draw(t, "set meanwhile") == 0 {
		m.jump(t)
	}
	must(m.t, m.h.TryOpen())
	if *m.accept { // what the operator says is the truth
		m.wrong, m.ran = 0, 0
	}
	now := m.h.ClockState().Now
	for _, l := range m.tokens {
		if l.end > now {
			l.ran = 0
		}
	}
}

func (m *truth) stop(t *rapid.T) { m.h.Close(); m.start(t) }

// crash loses the last hour, at most, and what expired in it expires again.
func (m *truth) crash(t *rapid.T) {
	saved := m.h.LastSaved()
	for _, l := range m.tokens {
		if l.ran = max(0, l.ran-time.Hour); l.end > saved {
			l.ran = 0
		}
	}
	m.h.Crash()
	m.start(t)
}

func (m *truth) restartAccepting(t *rapid.T) {
	m.h.Close()
	*m.accept = true
	m.start(t)
	*m.accept = false
}

// agree holds what is there against what should be.
func (m *truth) agree(t *rapid.T) {
	now, s := m.now(), m.h.ClockState()
	if s.Now <= now {
		m.ran = 0 // nothing that was wrong matters any more
	}
	for id, l := range m.tokens {
		gone := !listed(m.h, id)
		if gone && now < l.end.Add(5*minute) && m.ran < day {
			t.Fatalf("a token of %v was removed at %v; the server has run for %v with a clock that is %v ahead: %+v", l.end, now, m.ran, m.wrong, s)
		}
		if !gone && l.ran >= 48*time.Hour+10*minute {
			t.Fatalf("a token of %v is listed at %v, after %v of running: %+v", l.end, s.Now, l.ran, s)
		}
		if gone {
			delete(m.tokens, id)
		}
	}
}

func TestGaps_WhateverTheClockDoesNothingIsRemovedTooEarlyAndNothingStaysForEver(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h, accept := acceptable(t)
		h.Token(draft("first")) // before anything was written there was no time
		m := &truth{t: t, h: h, accept: accept, tokens: map[token.ID]*mortal{}}
		rt.Repeat(map[string]func(*rapid.T){
			"create": m.create, "create another": m.create, "run": m.run, "run on": m.run, "stop": m.stop, "stop again": m.stop,
			"jump": m.jump, "crash": m.crash, "accept": m.restartAccepting,
			"": m.agree,
		})
		h.Unchecked = true // after --accept-clock the log tells another time
		must(t, h.Check(t.Context()))
		h.Close()
	})
}
