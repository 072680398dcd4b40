//go:build race

package app

const raceEnabled = true // under the race detector, which allocates
