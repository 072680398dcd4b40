package graph

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheGeneratedCodeIsOfTheSchemaOnDisk(t *testing.T) {
	text, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sources[0].Input, string(text)); diff != "" || len(sources) != 1 {
		t.Errorf("run go run ./graph/generate (-generated +schema.graphqls):\n%s", diff)
	}
}
