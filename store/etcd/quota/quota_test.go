package quota

import (
	"errors"
	"testing"

	"go.uber.org/goleak"

	"tokenscale/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAdmits_ByWhatACommitIsForAndHowLargeItIs(t *testing.T) {
	const quota = 1 << 30
	makes, keeps, revokes := Purpose{}, Purpose{UseReserve: true}, Purpose{UseReserve: true, Everywhere: true}
	for _, c := range []struct {
		name    string
		percent int64
		bytes   int
		does    Purpose
		want    bool
	}{
		{"something new in an empty one", 0, 1000, makes, true},
		{"something new just below the limit", 84, 1000, makes, true},
		{"something new at the limit", 85, 1000, makes, false},
		{"something large that would pass the limit", 84, quota / 50, makes, false},
		{"something large with room enough", 80, quota / 100, makes, true},
		{"housekeeping above the limit of what is new", 85, 1000, keeps, true},
		{"housekeeping at its own limit", 95, 1000, keeps, false},
		{"large housekeeping that would pass it", 94, quota / 50, keeps, false},
		{"a revocation, whatever it needs", 99, quota / 10, revokes, true},
		{"a change everywhere that takes no right away", 95, 1000, Purpose{Everywhere: true}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := &Gauge{max: quota}
			g.percent.Store(c.percent)
			err := g.Admits(c.bytes, c.does)
			if err != nil && !errors.Is(err, store.ErrFull) || (err == nil) != c.want {
				t.Errorf("got %v, want it admitted: %v", err, c.want)
			}
			g.Off = true
			if err := g.Admits(c.bytes, c.does); err != nil {
				t.Errorf("although it is off: %v", err)
			}
		})
	}
}

// Members may take their time to say how full they are, and much can be made meanwhile.
func TestAdmits_WhatWasAdmittedSinceTheMembersWereAskedCounts(t *testing.T) {
	const quota = 1 << 30
	g := &Gauge{max: quota}
	g.percent.Store(80)
	made := 0
	for g.Admits(quota/1000, Purpose{}) == nil {
		if made++; made > 50 {
			t.Fatal("it is never full")
		}
	}
	if made < 20 {
		t.Errorf("only %d thousandths fit between 80 and 85 percent", made)
	}
	if err := g.Admits(quota/1000, Purpose{UseReserve: true, Everywhere: true}); err != nil {
		t.Error("a revocation is refused:", err)
	}
}

// Before a member was asked nobody knows how full it is, and nothing is refused.
func TestAdmits_BeforeAMemberWasAsked(t *testing.T) {
	if err := new(Gauge).Admits(1<<30, Purpose{}); err != nil {
		t.Error(err)
	}
}
