package graph_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// roots returns the root fields of the schema by their names.
func roots(schema *ast.Schema) map[string]*ast.FieldDefinition {
	fields := map[string]*ast.FieldDefinition{}
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		if root == nil {
			continue
		}
		for _, f := range root.Fields {
			if !isBuiltIn(f.Name) {
				fields[f.Name] = f
			}
		}
	}
	return fields
}

func TestEveryRootFieldSaysWhatItRequiresOrWhyItIsOpen(t *testing.T) {
	for name, f := range roots(load(t)) {
		requires, open := f.Directives.ForNames("requires"), f.Directives.ForNames("open")
		if len(requires)+len(open) != 1 {
			t.Errorf("%s has %d @requires and %d @open, want exactly one of them", name, len(requires), len(open))
		}
		for _, d := range requires {
			if len(d.Arguments.ForName("anyOf").Value.Children) == 0 {
				t.Errorf("%s requires nothing in particular", name)
			}
		}
		for _, d := range open {
			if len(d.Arguments.ForName("because").Value.Raw) < 20 {
				t.Errorf("%s is open without a reason", name)
			}
		}
	}
}

func TestOnlyRootFieldsAreAuthorized(t *testing.T) {
	schema := load(t)
	for name, d := range schema.Types {
		for _, f := range d.Fields {
			root := d == schema.Query || d == schema.Mutation
			if guarded := f.Directives.ForName("requires") != nil || f.Directives.ForName("open") != nil; guarded && !root {
				t.Errorf("%s.%s has a directive of authorization, which nobody looks at", name, f.Name)
			}
		}
	}
}

var ending = regexp.MustCompile(`\bStability: (Long-term|Short-term|Preview)$`)

// described calls fn with each element of the schema that can have a
// description.
func described(schema *ast.Schema, fn func(name, description string, ds ast.DirectiveList)) {
	for _, d := range schema.Types {
		if d.BuiltIn {
			continue
		}
		fn(d.Name, d.Description, d.Directives)
		for _, v := range d.EnumValues {
			fn(d.Name+"."+v.Name, v.Description, v.Directives)
		}
		for _, f := range d.Fields {
			if isBuiltIn(f.Name) {
				continue
			}
			fn(d.Name+"."+f.Name, f.Description, f.Directives)
			for _, a := range f.Arguments {
				fn(d.Name+"."+f.Name+"("+a.Name+")", a.Description, a.Directives)
			}
		}
	}
}

func TestEveryElementIsDescribedAndSaysHowStableItIs(t *testing.T) {
	words := map[string]string{"Preview": "Preview", "ShortTerm": "Short-term", "LongTerm": "Long-term"}
	described(load(t), func(name, description string, ds ast.DirectiveList) {
		if !ending.MatchString(description) {
			t.Errorf("%s: the description does not end in its stability: %q", name, description)
		}
		if len(strings.TrimSpace(ending.ReplaceAllString(description, ""))) < 5 {
			t.Errorf("%s: nothing is described: %q", name, description)
		}
		if l := level(ds); l != "" && words[l] != stability(description) {
			t.Errorf("%s: @stability says %s, the description %s", name, l, stability(description))
		}
	})
}

func TestIntrospectionShowsTheStabilityAndWhatARootFieldRequires(t *testing.T) {
	s := serve(t)
	a := s.must(`{__schema{queryType{fields(includeDeprecated: true){name description}} mutationType{fields{name description}}}}`, nil)
	shown := map[string]string{}
	for _, root := range []string{"queryType", "mutationType"} {
		for _, f := range a.at("__schema", root, "fields").([]any) {
			field := f.(map[string]any)
			shown[field["name"].(string)] = field["description"].(string)
		}
	}
	for name, f := range roots(load(t)) {
		want := f.Description + "\nRequires: " + strings.Join(needs(f), " or ") + "."
		if d := f.Directives.ForName("open"); d != nil {
			want = f.Description + "\nRequires: any valid credential; " + d.Arguments.ForName("because").Value.Raw + "."
		}
		if shown[name] != want {
			t.Errorf("%s is described as\n%q, want\n%q", name, shown[name], want)
		}
	}
}

// needs returns the names of the permissions of which a root field requires
// one. It is empty if the field is open.
func needs(f *ast.FieldDefinition) []string {
	var names []string
	if d := f.Directives.ForName("requires"); d != nil {
		for _, child := range d.Arguments.ForName("anyOf").Value.Children {
			names = append(names, child.Value.Raw)
		}
	}
	return names
}
