//go:build race

package index

const raceEnabled = true // under the race detector, which allocates
