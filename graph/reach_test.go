package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// E7: a field is authorized by nothing but the root field that leads to it. So for
// each field of the schema it is written down which root fields lead there, and
// what they require; a new field, or a new way to an old one, has to be
// reviewed there.
func TestEachFieldOfTheSchemaIsReachedOnlyAsWasReviewed(t *testing.T) {
	schema := load(t)
	ways := map[string][]string{} // to a type
	for name, f := range roots(schema) {
		required := "any credential"
		if need := needs(f); len(need) > 0 {
			required = strings.Join(need, " or ")
		}
		for _, reached := range within(schema, schema.Types[f.Type.Name()], nil) {
			ways[reached] = append(ways[reached], fmt.Sprintf("    %s: %s\n", name, required))
		}
	}
	var b strings.Builder
	fields := 0
	for name, d := range schema.Types {
		root := d == schema.Query || d == schema.Mutation
		if d.BuiltIn || root || d.Kind != ast.Object && d.Kind != ast.Interface {
			continue
		}
		if len(ways[name]) == 0 {
			t.Errorf("no root field leads to %s: what is it for?", name)
		}
		slices.Sort(ways[name])
		for _, f := range d.Fields {
			if fields++; len(f.Arguments) > 0 || len(f.Directives.ForNames("requires")) > 0 {
				t.Errorf("%s.%s has arguments or an authorization of its own; only root fields should", name, f.Name)
			}
		}
	}
	for _, name := range sortedKeys(ways) {
		var names []string
		for _, f := range schema.Types[name].Fields {
			names = append(names, f.Name)
		}
		fmt.Fprintf(&b, "%s { %s }\n%s", name, strings.Join(names, " "), strings.Join(ways[name], ""))
	}
	golden(t, "reach.txt", b.String())
	if fields < 100 {
		t.Errorf("%d fields were looked at, want all of them", fields)
	}
}

// within returns the types that can be reached from d, and d itself.
func within(schema *ast.Schema, d *ast.Definition, seen []string) []string {
	if !d.IsCompositeType() || slices.Contains(seen, d.Name) {
		return seen
	}
	seen = append(seen, d.Name)
	for _, f := range d.Fields {
		seen = within(schema, schema.Types[f.Type.Name()], seen)
	}
	for _, p := range schema.GetPossibleTypes(d) {
		seen = within(schema, p, seen)
	}
	return seen
}

func sortedKeys(m map[string][]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
