//go:build !unbounded

package transport

const (
	// maxInFlight is how many requests of one caller may be under way.
	maxInFlight = 256

	// leastTurns is how many queries of one caller are carried out at a time, at least: some read
	// the audit log from the disk, and others should not wait.
	leastTurns = 4
)
