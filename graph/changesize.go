package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tokenscale/fault"
	"tokenscale/graph/budget"
	"tokenscale/ipfilter"
)

// longestText is how much of an answer the text of an IP filter takes at most,
// in bytes: JSON writes a control character, as a comment may hold, with six.
const longestText = 6 * ipfilter.MaxText

// smallAnswers refuses a mutation whose answer might be larger than one may be,
// before anything is changed. Afterwards it would be too late: the change is
// made, and the string of a new token is shown once.
//
// The only text in the answer to a mutation that may be long is that of IP
// filters, and there are no lists of objects, so the selection tells.
type smallAnswers struct{}

var _ graphql.OperationContextMutator = smallAnswers{}

// ExtensionName implements graphql.HandlerExtension.
func (smallAnswers) ExtensionName() string { return "SmallAnswers" }

// Validate implements graphql.HandlerExtension.
func (smallAnswers) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext implements graphql.OperationContextMutator. It
// changes nothing; it is the first hook that knows the operation.
func (smallAnswers) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if op.Operation.Operation != ast.Mutation {
		return nil
	}
	if n := texts(op.Operation.SelectionSet); n*longestText > budget.MaxAnswer {
		return gqlerror.Wrap(fault.New(fault.TooLarge, "The answer to this document could hold more than %d MiB, which is the most: "+
			"it asks for the text of IP filters (ipFilter) %d times, and may do so %d times. Nothing was changed.",
			budget.MaxAnswer>>20, n, budget.MaxAnswer/longestText))
	}
	return nil
}

// changeSize returns how long the answer to a mutation may be, in bytes, apart from short texts.
func changeSize(op *ast.OperationDefinition) int64 {
	return int64(texts(op.SelectionSet)) * longestText
}

// texts returns how often a selection asks for the text of an IP filter.
func texts(set ast.SelectionSet) int {
	n := 0
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if isFilterText(s.Definition) {
				n++
			}
			n += texts(s.SelectionSet)
		case *ast.InlineFragment:
			n += texts(s.SelectionSet)
		case *ast.FragmentSpread:
			n += texts(s.Definition.SelectionSet)
		}
	}
	return n
}

func isFilterText(f *ast.FieldDefinition) bool {
	return f != nil && f.Name == "ipFilter" && f.Type.Name() == "String"
}
