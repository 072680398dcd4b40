package epoch

import (
	"math"
	"testing"
	"time"
)

func TestAMomentSurvivesTheWayThroughTime(t *testing.T) {
	for _, m := range []Millis{1, 1_700_000_000_123, End - 1} {
		if got := Of(m.Time()); got != m {
			t.Errorf("Of(%d.Time()) = %d, want it unchanged", m, got)
		}
	}
}

func TestWhatIsBelowAMillisecondIsLeftOut(t *testing.T) {
	if got, want := Of(time.Unix(1, 999_999)), Millis(1000); got != want {
		t.Errorf("Of = %d, want %d", got, want)
	}
}

func TestNeverIsTheZeroTime(t *testing.T) {
	if !Millis(0).Time().IsZero() || Millis(0).String() != "never" {
		t.Errorf("zero = %v %q, want the zero time and never", Millis(0).Time(), Millis(0))
	}
}

func TestAddNeverOverflows(t *testing.T) {
	for _, m := range []Millis{0, 1, End - 1, End, math.MaxInt64 - 1} {
		if got := m.Add(math.MaxInt64); got < m && got != End || got > End && m <= End {
			t.Errorf("%d.Add(max) = %d", m, got)
		}
	}
	if got := Millis(5000).Add(-2 * time.Second); got != 3000 {
		t.Errorf("Add(-2s) = %d, want 3000", got)
	}
}

func TestEndIsTheYear10000(t *testing.T) {
	if got := (End - 1).String(); got != "9999-12-31T23:59:59.999Z" {
		t.Errorf("End-1 = %s", got)
	}
}
