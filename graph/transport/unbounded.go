//go:build unbounded

package transport

const (
	maxInFlight = 1 << 30
	leastTurns  = 1 << 30
)
