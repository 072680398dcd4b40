package graph_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
)

var update = flag.Bool("update", false, "write the golden files anew; review what changed")

// golden compares a text with a file of testdata that people have reviewed.
func golden(tb testing.TB, name, got string) {
	tb.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	if diff := cmp.Diff(got, string(want)); diff != "" {
		tb.Errorf("%s differs; if it should, run go test ./graph -update and review (-got +want):\n%s", path, diff)
	}
}

func load(tb testing.TB) *ast.Schema {
	tb.Helper()
	text, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		tb.Fatal(err)
	}
	return gqlparser.MustLoadSchema(&ast.Source{Name: "schema.graphqls", Input: string(text)})
}

func TestTheSchemaHasNotDrifted(t *testing.T) {
	var b strings.Builder
	formatter.NewFormatter(&b, formatter.WithoutDescription(), formatter.WithIndent("  ")).FormatSchema(load(t))
	golden(t, "schema.graphqls", b.String())
}

// logScale is what is publicly known of LogScale's schema.
func logScale(tb testing.TB) *ast.SchemaDocument {
	tb.Helper()
	text, err := os.ReadFile("testdata/logscale.graphqls")
	if err != nil {
		tb.Fatal(err)
	}
	doc, err := parser.ParseSchema(&ast.Source{Name: "logscale.graphqls", Input: string(text)})
	if err != nil {
		tb.Fatal(err)
	}
	return doc
}

func TestLogScalesNamesArgumentsDefaultsNullabilityAndEnumValuesAreExact(t *testing.T) {
	ours := load(t)
	for _, want := range logScale(t).Definitions {
		t.Run(want.Name, func(t *testing.T) {
			got := ours.Types[want.Name]
			if got == nil || got.Kind != want.Kind {
				t.Fatalf("%s is %v, want a %s", want.Name, got, want.Kind)
			}
			if diff := cmp.Diff(got.Interfaces, want.Interfaces); diff != "" {
				t.Errorf("implements (-got +want):\n%s", diff)
			}
			if diff := cmp.Diff(enumValues(withoutOurValues(got, want)), enumValues(want)); diff != "" {
				t.Errorf("values (-got +want):\n%s", diff)
			}
			for _, f := range want.Fields {
				if diff := cmp.Diff(signature(withoutOurs(got.Fields.ForName(f.Name), f)), signature(f)); diff != "" {
					t.Errorf("%s.%s (-got +want):\n%s", want.Name, f.Name, diff)
				}
			}
		})
	}
}

// withoutOurs returns a field of ours without the arguments that theirs does
// not have, if they are marked Preview and nobody has to give them.
func withoutOurs(ours, theirs *ast.FieldDefinition) *ast.FieldDefinition {
	if ours == nil {
		return nil
	}
	bare := *ours
	bare.Arguments = slices.DeleteFunc(slices.Clone(ours.Arguments), func(a *ast.ArgumentDefinition) bool {
		return theirs.Arguments.ForName(a.Name) == nil && level(a.Directives) == "Preview" && !a.Type.NonNull
	})
	return &bare
}

// withoutOurValues returns an enum of ours without the values that theirs does not have, if they
// are marked Preview.
func withoutOurValues(ours, theirs *ast.Definition) *ast.Definition {
	bare := *ours
	bare.EnumValues = slices.DeleteFunc(slices.Clone(ours.EnumValues), func(v *ast.EnumValueDefinition) bool {
		return theirs.EnumValues.ForName(v.Name) == nil && level(v.Directives) == "Preview"
	})
	return &bare
}

func TestWhatLogScaleDoesNotHaveIsMarkedPreview(t *testing.T) {
	known := map[string]*ast.Definition{}
	for _, d := range logScale(t).Definitions {
		known[d.Name] = d
	}
	for name, d := range load(t).Types {
		if d.BuiltIn {
			continue
		}
		theirs, ok := known[name]
		if !ok {
			if stability(d.Description) != "Preview" {
				t.Errorf("%s is not LogScale's, but promised as %s", name, stability(d.Description))
			}
			theirs = &ast.Definition{}
		}
		for _, f := range d.Fields {
			if isBuiltIn(f.Name) {
				continue
			}
			if isTheirs := theirs.Fields.ForName(f.Name) != nil; isTheirs == (level(f.Directives) == "Preview") {
				t.Errorf("%s.%s: LogScale has it: %v; its level is %q", name, f.Name, isTheirs, level(f.Directives))
			}
		}
	}
}

// isBuiltIn reports whether a name belongs to GraphQL itself.
func isBuiltIn(name string) bool { return strings.HasPrefix(name, "__") }

func enumValues(d *ast.Definition) []string {
	var names []string
	for _, v := range d.EnumValues {
		names = append(names, v.Name)
	}
	return names
}

// signature writes a field with its arguments and its type.
func signature(f *ast.FieldDefinition) []string {
	if f == nil {
		return []string{"is not there"}
	}
	lines := []string{f.Name + ": " + f.Type.String()}
	for _, a := range f.Arguments {
		lines = append(lines, a.Name+": "+a.Type.String()+" = "+a.DefaultValue.String())
	}
	slices.Sort(lines[1:])
	return lines
}

// level returns the level of @stability, or nothing.
func level(ds ast.DirectiveList) string {
	if d := ds.ForName("stability"); d != nil {
		return d.Arguments.ForName("level").Value.Raw
	}
	return ""
}

// stability returns what the description promises, or nothing.
func stability(description string) string {
	_, promise, _ := strings.Cut(description, "Stability: ")
	promise, _, _ = strings.Cut(promise, "\n")
	return strings.TrimSpace(promise)
}
