package epoch

import "time"

// Millis is a moment: milliseconds since 1 January 1970 UTC. Zero means that
// there is no such moment: "never" for an expiry, "not yet" for a last use.
type Millis int64

// End is the first moment that no expiry may reach: the beginning of the
// year 10000, beyond which common formats cannot write a date.
const End Millis = 253402300800000

// Of returns the moment of t, leaving out what is below a millisecond.
func Of(t time.Time) Millis { return Millis(t.UnixMilli()) }

// Time returns m in UTC. The zero Millis gives the zero time.
func (m Millis) Time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m)).UTC()
}

// Add returns the moment d after m, or before it if d is negative. It never
// overflows: beyond End it is End.
func (m Millis) Add(d time.Duration) Millis {
	sum := m + Millis(d.Milliseconds())
	if sum > End || d > 0 && sum < m {
		return End
	}
	return sum
}

// String returns m as RFC 3339 with milliseconds, or "never" if it is zero.
func (m Millis) String() string {
	if m == 0 {
		return "never"
	}
	return m.Time().Format("2006-01-02T15:04:05.000Z07:00")
}
