package graph

import (
	"context"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// validationRules returns those of GraphQL, with our own about numbers. They do
// not say which name may have been meant instead of a wrong one: to find that
// out takes longer than all the rest, and the schema, which every caller may
// read, tells it better.
func validationRules(in inputs) func() *rules.Rules {
	return func() *rules.Rules {
		all := rules.NewDefaultRules()
		for _, quiet := range []core.Rule{
			rules.FieldsOnCorrectTypeRuleWithoutSuggestions, rules.KnownArgumentNamesRuleWithoutSuggestions,
			rules.KnownTypeNamesRuleWithoutSuggestions, rules.ScalarLeafsRuleWithoutSuggestions,
			rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
		} {
			all.RemoveRule(strings.TrimSuffix(quiet.Name, "WithoutSuggestions"))
			all.AddRule(quiet.Name, quiet.RuleFunc)
		}
		all.AddRule(numbersRule, numbers{in, nil}.rule)
		return fewErrors(all)
	}
}

// stopAtRefusal leaves out the mutations of a request that come after one that
// was refused. None of ours may be null, so a refusal takes all data out of the
// answer: a token made after it would have a string that nobody gets to see.
func stopAtRefusal(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	op := graphql.GetOperationContext(ctx).Operation
	if op.Operation == ast.Mutation && len(graphql.GetErrors(ctx)) > 0 {
		return graphql.Null
	}
	return next(ctx)
}
