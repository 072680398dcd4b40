//go:build race

package authority_test

const raceEnabled = true // under the race detector, which allocates and is slow
