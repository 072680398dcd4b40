//go:build bench

package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// working is a worker all of whose pieces are done by do.
func working(do work) worker {
	return func() (work, func(), error) { return do, func() {}, nil }
}

func TestPaced_WhatWaitsBehindASlowAnswerIsLateFromWhenItWasDue(t *testing.T) {
	first := true
	l, err := paced(1000, 1, 100*time.Millisecond, nil, working(func() error {
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
	l, err := paced(500, 4, 100*time.Millisecond, nil, working(func() error { return nil }))
	if err != nil || l.Count != 51 {
		t.Errorf("%d pieces, %v; want 51 in 100 ms at 500/s, with the first and the last", l.Count, err)
	}
}

func TestLoad_ARefusalIsNoResult(t *testing.T) {
	refused := errors.New("refused")
	for _, rate := range []int{0, 100} {
		if _, err := run(rate, 2, 10*time.Millisecond, working(func() error { return refused })); !errors.Is(err, refused) {
			t.Errorf("rate %d: %v", rate, err)
		}
	}
}

func TestPlot_IsXMLAndTheSameForTheSameFigures(t *testing.T) {
	points := []point{
		{tokens: 1000, interior: interior{hot: 210, cold: 220, heap: 240, used: 340}, verify: 1, page: 1, search: 1, create: 5000, ready: time.Second, memory: memory{total: 2 << 20, anonymous: 1 << 20}},
		{tokens: 5_000_000, interior: interior{hot: 211, cold: 1900, heap: 235, used: 340}, verify: 2, page: 1, search: 90, create: 4000, ready: 9 * time.Second, memory: memory{total: 2 << 30, anonymous: 1 << 30}},
	}
	drawn := plot(panels(points))
	if drawn != plot(panels(points)) {
		t.Error("the same figures gave another plot")
	}
	for d := xml.NewDecoder(strings.NewReader(drawn)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(drawn, "NaN") || strings.Contains(drawn, "Inf") {
		t.Error("a point has no place")
	}
}

func TestPanel_AScaleBeginsAtZeroUnlessItIsLogarithmic(t *testing.T) {
	for highest, want := range map[float64]float64{9.6: 10, 729: 800, 0.17: 0.2, 1000: 1000} {
		p := panel{x: []int{1, 10}, series: []series{{values: []float64{highest / 2, highest}}}}
		ticks := p.ticks()
		if last := ticks[len(ticks)-1]; ticks[0] != 0 || last < highest || last > want*1.001 || len(ticks) > 6 {
			t.Errorf("up to %v: ticks %v, want some from 0 to %v", highest, ticks, want)
		}
	}
	p := panel{log: true, x: []int{1, 10}, series: []series{{values: []float64{25, 1014}}}}
	if got := p.ticks(); got[0] != 10 || got[len(got)-1] != 1000 {
		t.Errorf("from 25 to 1014: ticks %v", got)
	}
}
