//go:build race

package policy

// Allocations are not counted under the race detector.
const raceEnabled = true
