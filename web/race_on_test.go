//go:build race

package web

const raceEnabled = true // under the race detector, which allocates
