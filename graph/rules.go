package graph

import (
	"context"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// validationRules are those of GraphQL, and one about our own scalar. They do
// not say which name may have been meant instead of a wrong one: to find that
// out takes longer than all the rest, and the schema, which every caller may
// read, tells it better.
func validationRules() *rules.Rules {
	all := rules.NewDefaultRules()
	for _, quiet := range []core.Rule{
		rules.FieldsOnCorrectTypeRuleWithoutSuggestions, rules.KnownArgumentNamesRuleWithoutSuggestions,
		rules.KnownTypeNamesRuleWithoutSuggestions, rules.ScalarLeafsRuleWithoutSuggestions,
		rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
	} {
		all.RemoveRule(strings.TrimSuffix(quiet.Name, "WithoutSuggestions"))
		all.AddRule(quiet.Name, quiet.RuleFunc)
	}
	all.AddRule("LongLiterals", longLiterals)
	return fewErrors(all)
}

// longLiterals refuses what cannot be a Long and stands in the query itself.
// The library leaves the literals of scalars that it does not know alone, and
// then panics at a number that it cannot read.
func longLiterals(on *core.Events, addError core.AddErrFunc) {
	on.OnValue(func(_ *core.Walker, v *ast.Value) {
		if v.Definition == nil || v.Definition.Name != "Long" || canBeLong(v) {
			return
		}
		addError(core.Message(`A value of type "Long" must be a whole number of 64 bits, without quotes, fraction or exponent.`), core.At(v.Position))
	})
}

func canBeLong(v *ast.Value) bool {
	switch v.Kind {
	case ast.IntValue:
		_, err := strconv.ParseInt(v.Raw, 10, 64)
		return err == nil
	case ast.NullValue, ast.Variable:
		return true
	}
	return false
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
