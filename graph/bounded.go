//go:build !unbounded

package graph

const (
	// maxAnswer is how long one answer may be, in bytes, before it is
	// compressed.
	maxAnswer = 8 << 20

	// maxInFlight is how many requests of one caller may be under way.
	maxInFlight = 256

	// leastTurns is how many queries of one caller are carried out at a time,
	// at least: some read the audit log from the disk, and others should not
	// wait.
	leastTurns = 4

	// Unbounded says that no budget holds, as in the servers that the fault
	// tests build to see that without budgets they are killed.
	Unbounded = false
)
