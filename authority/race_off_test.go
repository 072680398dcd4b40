//go:build !race

package authority_test

const raceEnabled = false // see race_on_test.go
