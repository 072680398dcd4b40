package graph_test

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

// Every step of a property test is a request, so a few runs must do.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "40"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}
