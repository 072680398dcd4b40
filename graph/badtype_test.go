package graph_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
)

// Values of the wrong type, for every input of every operation, made from the
// schema.

// A leaf is an input somewhere in the arguments of a field.
type leaf struct {
	path []string
	typ  *ast.Type
}

func (l leaf) name() string { return l.path[len(l.path)-1] }

// leaves returns the arguments of f and all that is inside them.
func leaves(schema *ast.Schema, f *ast.FieldDefinition) []leaf {
	var all []leaf
	var walk func(path []string, t *ast.Type)
	walk = func(path []string, t *ast.Type) {
		all = append(all, leaf{path, t})
		if def := schema.Types[t.NamedType]; def != nil && def.Kind == ast.InputObject {
			for _, inner := range def.Fields {
				walk(append(path[:len(path):len(path)], inner.Name), inner.Type)
			}
		}
	}
	for _, a := range f.Arguments {
		walk([]string{a.Name}, a.Type)
	}
	return all
}

// raw is JSON as it goes over the wire.
type raw = json.RawMessage

// wrong returns JSON that is no value of the type, other than null.
func wrong(schema *ast.Schema, t *ast.Type) []string {
	if t.Elem != nil {
		bad := []string{`{}`, `[null]`, `[[]]`}
		for _, item := range wrong(schema, t.Elem) {
			if !strings.HasPrefix(item, "[") {
				bad = append(bad, `[`+item+`]`, item)
			}
		}
		return bad
	}
	switch t.NamedType {
	case "String":
		return []string{`5`, `1.5`, `true`, `{}`, `["a","b"]`, `[]`, `9223372036854775808`}
	case "Int":
		return []string{`"5"`, `""`, `1.5`, `1e-1`, `true`, `{}`, `[1]`, `2147483648`, `-2147483649`, `9223372036854775808`, `1e400`, `1e999999999`, `1E-999999999`}
	case "Long":
		return []string{`""`, `" 5"`, `"5 "`, `"5.0"`, `"1e2"`, `"+5"`, `"-5"`, `"12x"`, `"0x10"`, `"1_000"`, `"٥"`, `"9223372036854775808"`, `1.5`, `1e-1`, `true`, `{}`, `[1]`,
			`9223372036854775808`, `-9223372036854775809`, `9223372036854775807.5`, `1e400`, `1e999999999`, `1E-999999999`}
	case "Boolean":
		return []string{`"true"`, `""`, `1`, `0`, `{}`, `[true]`}
	}
	if def := schema.Types[t.NamedType]; def.Kind == ast.Enum {
		value := def.EnumValues[0].Name
		return []string{`""`, `"Nonsense"`, `"` + strings.ToLower(value) + `"`, `" ` + value + `"`, `5`, `true`, `{}`}
	}
	return []string{`"x"`, `""`, `5`, `true`, `[]`, `[{}]`}
}

// missing stands for a value that is left out.
const missing = ""

// put sets the value at the path, and makes the objects on the way.
func put(schema *ast.Schema, f *ast.FieldDefinition, v map[string]any, path []string, value string) {
	object, t := v, f.Arguments.ForName(path[0]).Type
	for _, name := range path[1:] {
		at := path[0]
		inner, ok := object[at].(map[string]any)
		if !ok {
			inner = goodValue(schema, at, t).(map[string]any)
			object[at] = inner
		}
		object, path = inner, path[1:]
		t = schema.Types[t.NamedType].Fields.ForName(name).Type
	}
	if object[path[0]] = raw(value); value == missing {
		delete(object, path[0])
	}
}

func TestAValueOfTheWrongTypeIsInvalidNamesItsFieldAndChangesNothing(t *testing.T) {
	s := serve(t)
	schema := load(t)
	before := s.rows()
	for _, op := range operations(schema) {
		t.Run(op.field.Name, func(t *testing.T) {
			for _, l := range leaves(schema, op.field) {
				bad := wrong(schema, l.typ)
				if l.typ.NonNull {
					bad = append(bad, `null`, missing)
				}
				for _, value := range bad {
					v := clone(t, good(schema, op.field))
					put(schema, op.field, v, l.path, value)
					s.wantInvalid(t, op.query, v, l.name(), value)
				}
			}
			if diff := cmp.Diff(s.rows(), before); diff != "" {
				t.Errorf("bad input left something in the store or the audit log:\n%s", diff)
			}
		})
	}
	s.wantQuiet()
}

func TestAnInputThatDoesNotExistIsInvalidAndNamed(t *testing.T) {
	s := serve(t)
	schema := load(t)
	before := s.rows()
	for _, op := range operations(schema) {
		for _, l := range leaves(schema, op.field) {
			if def := schema.Types[l.typ.NamedType]; def == nil || def.Kind != ast.InputObject {
				continue
			}
			v := clone(t, good(schema, op.field))
			object := clone(t, goodValue(schema, l.name(), l.typ).(map[string]any))
			object["renameTo"] = 1
			text, _ := json.Marshal(object)
			put(schema, op.field, v, l.path, string(text))
			s.wantInvalid(t, op.query, v, "renameTo", "1")
		}
	}
	if diff := cmp.Diff(s.rows(), before); diff != "" {
		t.Error(diff)
	}
}

// wantInvalid asks, and wants to be told what is wrong with the field.
func (s *server) wantInvalid(t *testing.T, query string, v vars, field, value string) answer {
	t.Helper()
	a := s.ask(s.root, query, v)
	if a.Status != http.StatusOK || a.code() != "INVALID" || len(a.Errors) != 1 || a.Errors[0].Message != "There were errors in the input." {
		t.Errorf("%s = %s: status %d: %s", field, value, a.Status, a.Body)
		return a
	}
	sentence := a.Errors[0].State[field]
	if len(sentence) < 10 || !strings.HasSuffix(sentence, ".") {
		t.Errorf("%s = %s: state[%q] is no sentence: %q; state is %v", field, value, field, sentence, a.Errors[0].State)
	}
	return a
}

// wantQuiet wants that nothing went wrong on our side, and that no log holds
// a secret.
func (s *server) wantQuiet(secrets ...string) {
	s.tb.Helper()
	log := s.Log.String()
	if strings.Contains(log, `"ERROR"`) || strings.Contains(log, "level=ERROR") {
		s.tb.Errorf("errors in the log:\n%s", log)
	}
	for _, secret := range append(secrets, s.root) {
		if _, tail, _ := strings.Cut(secret, "~"); strings.Contains(log, tail) {
			s.tb.Errorf("the log holds the secret of %s:\n%s", idOf(secret), log)
		}
	}
}

func TestAWrongValueInTheQueryItselfIsRefusedBeforeAnythingRuns(t *testing.T) {
	s := serve(t)
	before := s.rows()
	for _, query := range []string{
		`{ systemTokens(sortBy: name) { totalResults } }`, `{ systemTokens(sortBy: "Name") { totalResults } }`, `{ systemTokens(searchFilter: 5) { totalResults } }`,
		`{ tokens { totalResults } }`, `{ tokens(sortBy: null) { totalResults } }`, `{ tokens(sortBy: Name, nonsense: 1) { totalResults } }`,
		`mutation { createSystemToken(input: {name: null, permissions: []}) { token } }`, `mutation { createSystemToken(input: {permissions: []}) { token } }`,
		`mutation { createSystemToken(input: {name: "a", permissions: [null]}) { token } }`, `mutation { createSystemToken(input: {name: "a", permissions: [Nonsense]}) { token } }`,
		`mutation { createSystemToken { token } }`, `mutation { deleteToken(input: "x") }`, `mutation { deleteToken(id: "x") }`,
		`query($i: InputData!) { deleteToken(input: $i) }`, `mutation($i: Nonsense!) { deleteToken(input: $i) }`, `mutation($i: InputData) { deleteToken(input: $i) }`,
	} {
		a := s.ask(s.root, query, nil)
		if a.Status != http.StatusOK || a.code() != "GRAPHQL_VALIDATION_FAILED" || a.Data != nil {
			t.Errorf("%s: %d %s", query, a.Status, a.Body)
		}
	}
	if diff := cmp.Diff(s.rows(), before); diff != "" {
		t.Error(diff)
	}
	s.wantQuiet()
}
