package graph

import (
	"context"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tokenscale/fault"
	"tokenscale/graph/transport"
)

// oneChange refuses a document with several changes that came with one
// idempotency key: the second answer could not tell which of them were carried
// out.
type oneChange struct{}

var _ graphql.OperationContextMutator = oneChange{}

// ExtensionName implements graphql.HandlerExtension.
func (oneChange) ExtensionName() string { return "OneChange" }

// Validate implements graphql.HandlerExtension.
func (oneChange) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext implements graphql.OperationContextMutator. It
// changes nothing; it is the first hook that knows the operation.
func (oneChange) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if op.Operation.Operation != ast.Mutation || op.Headers.Values(transport.KeyHeader) == nil {
		return nil
	}
	changes := 0
	for _, f := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Mutation"}) {
		if !strings.HasPrefix(f.Name, "__") {
			changes++
		}
	}
	if changes <= 1 {
		return nil
	}
	return gqlerror.Wrap(fault.New(fault.Invalid, "This document makes %d changes and came with one Idempotency-Key, which can stand for only one. Nothing was changed: send each in a request of its own, with a key of its own.", changes))
}
