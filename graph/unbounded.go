//go:build unbounded

package graph

const (
	maxAnswer   = 1 << 40
	maxInFlight = 1 << 30
	leastTurns  = 1 << 30
	Unbounded   = true
)
