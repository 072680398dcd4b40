//go:build !unbounded

package graph

const (
	// maxAnswer is how long one answer may be, in bytes, before it is
	// compressed.
	maxAnswer = 8 << 20

	// maxInFlight is how many requests of one caller may be under way.
	maxInFlight = 256

	// unbounded says that no budget holds, as in the servers that the fault
	// tests build to see that without budgets they are killed.
	unbounded = false
)
