package policy

import (
	"testing"

	"tokenscale/epoch"
	"tokenscale/token"
)

func TestExpiring_TheNearestHorizonIsToldOnceAndNoneThatIsTheWholeLife(t *testing.T) {
	const born epoch.Millis = noon
	lived := func(days float64, told uint8) token.Token {
		return token.Token{ID: "x", CreatedAt: born, ExpireAt: born + epoch.Millis(days*float64(day)), ToldDays: told}
	}
	inGrace := lived(30, 0)
	inGrace.ReplacedBy = "next"
	for _, test := range []struct {
		name string
		t    token.Token
		left epoch.Millis // until it expires
		want Horizon      // 0 if nothing is due
	}{
		{"just before the first", lived(30, 0), 14*day + 1, 0},
		{"at the first", lived(30, 0), 14 * day, 14},
		{"the first was told", lived(30, 14), 14*day - 1, 0},
		{"just before the second", lived(30, 14), 7*day + 1, 0},
		{"at the second", lived(30, 14), 7 * day, 7},
		{"after a stop only the nearest", lived(30, 0), 3 * day, 7},
		{"after a long stop only the last", lived(30, 0), 1, 1},
		{"after a stop between two", lived(30, 14), day, 1},
		{"all was told", lived(30, 1), 1, 0},
		{"a farther one is never told after a nearer", lived(30, 1), 5 * day, 0},
		{"when it has expired", lived(30, 0), 0, 0},
		{"long after", lived(30, 0), -day, 0},
		{"a life of just 14 days", lived(14, 0), 13 * day, 0},
		{"which is told of the second", lived(14, 0), 7 * day, 7},
		{"a life of a little more", lived(14.1, 0), 14 * day, 14},
		{"a life of a week", lived(7, 0), 2 * day, 0},
		{"which is told of the last", lived(7, 0), day, 1},
		{"a life of a day", lived(1, 0), day / 2, 0},
		{"in its grace period", inGrace, day, 0},
		{"without an end", token.Token{ID: "x", CreatedAt: born}, 0, 0},
	} {
		now := test.t.ExpireAt - test.left
		if got, due := Warning(test.t, now); got != test.want && due || due != (test.want != 0) {
			t.Errorf("%s: %d, %v; want %d", test.name, got, due, test.want)
		}
	}
}

func TestExpiring_TheMetricsCountWhatSomebodyShouldKnow(t *testing.T) {
	v := token.Token{ID: "x", CreatedAt: noon, ExpireAt: noon + 30*day}
	for _, test := range []struct {
		h    Horizon
		at   epoch.Millis
		want bool
	}{
		{30, noon + day, false}, {7, noon + 23*day - 1, false}, {7, noon + 23*day, true},
		{1, noon + 29*day - 1, false}, {1, noon + 29*day, true}, {1, noon + 30*day - 1, true}, {1, noon + 30*day, false},
	} {
		if got := test.h.Holds(v, test.at); got != test.want {
			t.Errorf("%d days, after %d: %v, want %v", test.h, test.at-noon, got, test.want)
		}
	}
}
