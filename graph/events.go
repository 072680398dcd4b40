package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"tokenscale/audit"
	"tokenscale/graph/budget"
)

// asked returns what reads audit entries for an answer: it leaves out what the
// query does not ask for, which may be long, and counts what it does.
func asked(ctx context.Context) func(*audit.Entry) error {
	m, values := budget.Of(ctx), asksForValues(ctx)
	return func(e *audit.Entry) error {
		size := 0
		for i, f := range e.Fields {
			if !values {
				e.Fields[i] = audit.One(f.Name, "")
				continue
			}
			size += len(f.Value)
			for _, s := range f.List {
				size += len(s) + len(",")
			}
		}
		return m.Foresee(size)
	}
}

// asksForValues reports whether the field of ctx, auditEvents, is asked for the
// values of the fields of its entries.
func asksForValues(ctx context.Context) bool {
	op := graphql.GetOperationContext(ctx)
	fields := []graphql.CollectedField{graphql.GetFieldContext(ctx).Field}
	for _, step := range []struct{ on, name string }{
		{"AuditEventQueryResultSet", "results"}, {"AuditEvent", "fields"}, {"AuditField", "value"},
	} {
		var next []graphql.CollectedField
		for _, f := range fields {
			for _, inner := range graphql.CollectFields(op, f.Selections, []string{step.on}) {
				if inner.Name == step.name {
					next = append(next, inner)
				}
			}
		}
		fields = next
	}
	return len(fields) > 0
}
