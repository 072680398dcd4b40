package graph

import (
	"math"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/core"

	"tokenscale/fault"
	"tokenscale/graph/scalar"
)

// numbersRule is the name of a rule that must see a value before the library's
// own, which refuses 5.0 as an Int: they are asked in the order of their names.
const numbersRule = "Numbers"

// numbers is the rule about numbers that stand in the query itself. It writes
// whole ones with digits only, as the transport does among variables, and refuses what is none by
// the name of its input. The library leaves the literals of scalars that it does
// not know alone, and then panics at a number that it cannot read.
type numbers struct {
	inputs inputs
	bad    map[*ast.Value]*ast.Type // what each must be; not yet told
}

func (n numbers) rule(on *core.Events, addError core.AddErrFunc) {
	n.bad = map[*ast.Value]*ast.Type{}
	on.OnValue(func(_ *core.Walker, v *ast.Value) {
		if v.Definition == nil || v.ExpectedType == nil || v.Definition.Name != "Int" && v.Definition.Name != "Long" {
			return
		}
		if !asWhole(v) {
			n.bad[v] = v.ExpectedType
			v.Kind, v.Raw, v.Children = ast.IntValue, "0", nil // nobody else need complain of it
		}
	})
	// The library comes to what holds a value after it has come to the value.
	of := func(arguments ast.ArgumentList) {
		for _, a := range arguments {
			n.tell(addError, a.Name, "This", a.Value)
		}
	}
	on.OnField(func(_ *core.Walker, f *ast.Field) { of(f.Arguments) })
	on.OnDirective(func(_ *core.Walker, d *ast.Directive) { of(d.Arguments) })
	on.OnOperation(func(_ *core.Walker, op *ast.OperationDefinition) {
		for _, v := range op.VariableDefinitions {
			n.tell(addError, v.Variable, "This", v.DefaultValue)
		}
	})
}

// asWhole makes v an integer of its type if it stands for one, and reports
// whether the library can go on with it: null, variables and what it does not
// take for a number itself are its own to judge.
func asWhole(v *ast.Value) bool {
	whole, ok := int64(0), false
	switch v.Kind {
	case ast.NullValue, ast.Variable:
		return true
	case ast.ListValue:
		return v.ExpectedType.Elem != nil
	case ast.IntValue, ast.FloatValue:
		whole, ok = scalar.Whole(v.Raw)
	case ast.StringValue, ast.BlockValue:
		whole, ok = scalar.Digits(v.Raw)
		ok = ok && v.Definition.Name == "Long"
	}
	if !ok || v.Definition.Name == "Int" && (whole < math.MinInt32 || whole > math.MaxInt32) {
		return false
	}
	v.Kind, v.Raw = ast.IntValue, strconv.FormatInt(whole, 10)
	return true
}

// tell complains of the bad numbers in v, which is the value of the input name.
func (n numbers) tell(addError core.AddErrFunc, name, subject string, v *ast.Value) {
	if v == nil {
		return
	}
	if t, bad := n.bad[v]; bad {
		delete(n.bad, v)
		f := fault.Input(n.inputs.hideSecrets(name), "%s", n.inputs.demand(subject, t))
		addError(core.At(v.Position), func(err *gqlerror.Error) { err.Message, err.Err = f.Message, f })
	}
	for _, child := range v.Children {
		if v.Kind == ast.ObjectValue {
			n.tell(addError, child.Name, "This", child.Value)
		} else {
			n.tell(addError, name, "Each item", child.Value)
		}
	}
}
