package policy

import (
	"time"

	"tokenscale/epoch"
	"tokenscale/token"
)

// A Horizon is a number of days before the expiry of a token from which on
// somebody should know of it.
type Horizon uint8

// Warnings are the horizons of which the audit log tells, the nearest first.
func Warnings() [3]Horizon { return [3]Horizon{1, 7, 14} }

// Outlooks are the horizons within which the metrics count tokens.
func Outlooks() [3]Horizon { return [3]Horizon{1, 7, 30} }

// Length returns how long h is, in days of 24 hours.
func (h Horizon) Length() time.Duration { return time.Duration(h) * 24 * time.Hour }

// Holds reports whether t ends within h from now on, and somebody should know.
// A token whose whole life is no longer than h is always that near to its end,
// and one that works out its grace period has a successor: both are left out.
func (h Horizon) Holds(t token.Token, now epoch.Millis) bool {
	return t.ExpireAt != 0 && !t.Expired(now) && t.ReplacedBy == "" &&
		t.ExpireAt <= now.Add(h.Length()) && t.ExpireAt > t.CreatedAt.Add(h.Length())
}

// Warning returns of which horizon the audit log must tell about t now: the
// nearest it has reached, unless that or a nearer one was told already.
func Warning(t token.Token, now epoch.Millis) (h Horizon, due bool) {
	for _, h := range Warnings() {
		if t.ToldDays != 0 && uint8(h) >= t.ToldDays {
			return 0, false
		}
		if t.ExpireAt <= now.Add(h.Length()) {
			return h, h.Holds(t, now)
		}
	}
	return 0, false
}
