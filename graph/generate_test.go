package graph_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// Requests made from the schema, so that a new field cannot be forgotten.

// An operation is a request for one root field, with a variable for each of
// its arguments.
type operation struct {
	field *ast.FieldDefinition
	query string
}

// operations returns one for each root field, by name.
func operations(schema *ast.Schema) []operation {
	var all []operation
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation} {
		for _, f := range root.Fields {
			if !isBuiltIn(f.Name) {
				all = append(all, operation{f, document(schema, root, f)})
			}
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.field.Name, b.field.Name) })
	return all
}

func document(schema *ast.Schema, root *ast.Definition, f *ast.FieldDefinition) string {
	var declared, given []string
	for _, a := range f.Arguments {
		declared = append(declared, "$"+a.Name+": "+a.Type.String())
		given = append(given, a.Name+": $"+a.Name)
	}
	text := strings.ToLower(root.Name) + " Generated"
	if len(given) > 0 {
		text += "(" + strings.Join(declared, ", ") + ") { " + f.Name + "(" + strings.Join(given, ", ") + ")"
	} else {
		text += " { " + f.Name
	}
	if schema.Types[f.Type.Name()].IsCompositeType() {
		text += " { __typename }"
	}
	return text + " }"
}

// good returns variables that are as they should be: all that is required,
// and nothing else. Ids lead nowhere.
func good(schema *ast.Schema, f *ast.FieldDefinition) map[string]any {
	values := map[string]any{}
	for _, a := range f.Arguments {
		if a.Type.NonNull {
			values[a.Name] = goodValue(schema, a.Name, a.Type)
		}
	}
	return values
}

func goodValue(schema *ast.Schema, name string, t *ast.Type) any {
	if t.Elem != nil {
		if name == "ids" {
			return []any{goodText(name)} // which is to name at least one
		}
		return []any{}
	}
	switch def := schema.Types[t.NamedType]; {
	case def.Kind == ast.InputObject:
		object := map[string]any{}
		for _, f := range def.Fields {
			if f.Type.NonNull {
				object[f.Name] = goodValue(schema, f.Name, f.Type)
			}
		}
		return object
	case def.Kind == ast.Enum:
		return def.EnumValues[0].Name
	case t.NamedType == "Boolean":
		return false
	case t.NamedType == "String":
		return goodText(name)
	}
	return 1
}

func goodText(name string) string {
	switch name {
	case "ipFilter":
		return "allow all"
	case "address":
		return "10.0.0.1"
	}
	return "nobody"
}

// clone copies variables, so that one of them can be spoilt.
func clone(tb testing.TB, v map[string]any) map[string]any {
	tb.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		tb.Fatal(err)
	}
	return out
}
