package graph

import (
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"tokenscale/permission"
)

// describedSchema returns the schema as introspection tells it, with a line in
// the description of each root field that says what it requires. GraphQL's
// introspection has no place for applied directives, so this is how people get
// to see them.
func describedSchema() *ast.Schema {
	schema := gqlparser.MustLoadSchema(sources...)
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation} {
		for _, f := range root.Fields {
			if need := requirement(f); need != "" {
				f.Description += "\nRequires: " + need + "."
			}
		}
	}
	tellOctober2021(schema)
	return schema
}

// requirement says in words what a root field asks of its caller.
func requirement(f *ast.FieldDefinition) string {
	if d := f.Directives.ForName("requires"); d != nil {
		var names []string
		for _, child := range d.Arguments.ForName("anyOf").Value.Children {
			if p, ok := permission.Parse(child.Value.Raw); ok {
				names = append(names, p.Name())
			}
		}
		return strings.Join(names, " or ")
	}
	if d := f.Directives.ForName("open"); d != nil {
		return "any valid credential; " + d.Arguments.ForName("because").Value.Raw
	}
	return ""
}
