package graph

import (
	"context"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"tokenscale/fault"
	"tokenscale/token"
)

// inputs says what was wrong with a value that is not of the type of its
// input. The GraphQL library has words for that too, but they repeat the
// value, which may be a secret, and they name no input.
type inputs struct {
	schema *ast.Schema
	names  map[string]bool // all names of the schema
}

func newInputs(schema *ast.Schema) inputs {
	names := map[string]bool{}
	for name, def := range schema.Types {
		names[name] = true
		for _, f := range def.Fields {
			names[f.Name] = true
		}
		for _, v := range def.EnumValues {
			names[v.Name] = true
		}
	}
	return inputs{schema, names}
}

// variable refuses a variable, or what path leads to inside it.
func (in inputs) variable(ctx context.Context, path ast.Path) *fault.Error {
	return in.refuse(path, func(name string) *ast.Type {
		if d := graphql.GetOperationContext(ctx).Operation.VariableDefinitions.ForName(name); d != nil {
			return d.Type
		}
		return nil
	})
}

// argument refuses an argument of the field of ctx, or what path leads to
// inside it.
func (in inputs) argument(ctx context.Context, path ast.Path) *fault.Error {
	return in.refuse(path, func(name string) *ast.Type {
		if d := graphql.GetFieldContext(ctx).Field.Definition.Arguments.ForName(name); d != nil {
			return d.Type
		}
		return nil
	})
}

// refuse names the last input on the path, and what it must be.
func (in inputs) refuse(path ast.Path, typeOf func(name string) *ast.Type) *fault.Error {
	name, subject := "", "This"
	var t *ast.Type
	for _, step := range path {
		switch step := step.(type) {
		case ast.PathIndex:
			if subject = "Each item"; t != nil {
				t = t.Elem
			}
		case ast.PathName:
			name, subject, t = string(step), "This", typeOf(string(step))
		}
		typeOf = in.fieldsOf(t)
	}
	return fault.Input(in.hideSecrets(name), "%s", in.demand(subject, t))
}

// fieldsOf returns the types of the fields of an input object.
func (in inputs) fieldsOf(t *ast.Type) func(name string) *ast.Type {
	return func(name string) *ast.Type {
		if t == nil || in.schema.Types[t.NamedType] == nil {
			return nil
		}
		if f := in.schema.Types[t.NamedType].Fields.ForName(name); f != nil {
			return f.Type
		}
		return nil
	}
}

// demand says what a value of type t must be.
func (in inputs) demand(subject string, t *ast.Type) string {
	switch {
	case t == nil:
		return "There is no input of this name."
	case t.NonNull:
		return subject + " must be " + in.kind(t) + ". It cannot be left out or null."
	default:
		return subject + " must be " + in.kind(t) + ", or null."
	}
}

func (in inputs) kind(t *ast.Type) string {
	if t.Elem != nil {
		return "a list; each item " + in.kind(t.Elem)
	}
	switch t.NamedType {
	case "String":
		return "text, in quotes"
	case "Int":
		return "a whole number of 32 bits, without quotes"
	case "Long":
		return "a whole number of 64 bits, or a text of its digits"
	case "Boolean":
		return "true or false, without quotes"
	}
	def := in.schema.Types[t.NamedType]
	if def.Kind != ast.Enum {
		return "an object of type " + def.Name
	}
	var values []string
	for _, v := range def.EnumValues {
		values = append(values, v.Name)
	}
	return "one of " + strings.Join(values, ", ")
}

// longestComplaint is how much of a complaint is told, in bytes.
const longestComplaint = 2000

// hideSecrets takes out of a text what may be a secret, and what is too long
// to be read. The library's complaints repeat words of the query, and somebody
// may have pasted a token there; errors end up in logs of clients.
func (in inputs) hideSecrets(text string) string {
	if len(text) > longestComplaint {
		// A part of a secret would not look like one.
		whole := strings.TrimRightFunc(text[:longestComplaint], func(c rune) bool { return c != ' ' })
		text = whole + "(more)"
	}
	return token.HideParts(text, func(word string) bool { return in.names[word] })
}
