//go:build !race

package index

const raceEnabled = false // see race_on_test.go
