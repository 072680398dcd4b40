package graph

import (
	_ "embed"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

//go:embed october2021.graphqls
var october2021 string

// tellOctober2021 takes out of what a schema tells of itself what the GraphQL
// library adds to the specification of October 2021. Programs that generate
// clients, LogScale's own among them, read all of it, and end at a directive
// location that they do not know, though nobody uses it.
func tellOctober2021(schema *ast.Schema) {
	known, err := parser.ParseSchema(&ast.Source{Name: "october2021.graphqls", Input: october2021})
	if err != nil {
		panic(err) // it is a part of the program
	}
	ours := ownNames(schema)
	for name, def := range schema.Types {
		switch old := known.Definitions.ForName(name); {
		case !def.BuiltIn:
		case old != nil:
			keepKnown(def, old)
		case !ours[name]: // a scalar that we do not use, or a type of later days
			delete(schema.Types, name)
		}
	}
	for name, def := range schema.Directives {
		switch old := known.Directives.ForName(name); {
		case !def.Position.Src.BuiltIn:
		case old != nil:
			def.Locations = old.Locations
			def.Arguments = slices.DeleteFunc(def.Arguments, func(a *ast.ArgumentDefinition) bool {
				return old.Arguments.ForName(a.Name) == nil
			})
		default:
			delete(schema.Directives, name)
		}
	}
}

// ownNames returns the names of the types that our own types and directives,
// and introspection, are made of.
func ownNames(schema *ast.Schema) map[string]bool {
	names := map[string]bool{"String": true, "Boolean": true}
	arguments := func(all ast.ArgumentDefinitionList) {
		for _, a := range all {
			names[a.Type.Name()] = true
		}
	}
	for _, def := range schema.Types {
		if def.BuiltIn {
			continue
		}
		for _, f := range def.Fields {
			names[f.Type.Name()] = true
			arguments(f.Arguments)
		}
	}
	for _, d := range schema.Directives {
		if !d.Position.Src.BuiltIn {
			arguments(d.Arguments)
		}
	}
	return names
}

// keepKnown leaves of a type what an older form of it has.
func keepKnown(def, old *ast.Definition) {
	def.EnumValues = slices.DeleteFunc(def.EnumValues, func(v *ast.EnumValueDefinition) bool {
		return old.EnumValues.ForName(v.Name) == nil
	})
	def.Fields = slices.DeleteFunc(def.Fields, func(f *ast.FieldDefinition) bool { return old.Fields.ForName(f.Name) == nil })
	for _, f := range def.Fields {
		kept := old.Fields.ForName(f.Name).Arguments
		f.Arguments = slices.DeleteFunc(f.Arguments, func(a *ast.ArgumentDefinition) bool { return kept.ForName(a.Name) == nil })
	}
}

// accepting answers by one schema and takes questions by another: newer clients
// ask of every server what only newer ones tell, such as whether an argument is
// deprecated.
type accepting struct {
	graphql.ExecutableSchema
	questions *ast.Schema
}

// Schema implements graphql.ExecutableSchema. Questions are validated with it.
func (a accepting) Schema() *ast.Schema { return a.questions }
