package graph_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// told returns what __schema tells of the types and directives of GraphQL
// itself, a line for each name.
func told(t *testing.T, s *server) []string {
	t.Helper()
	a := s.must(`query($all: Boolean = true) {
		__schema { types { ...T } directives { name locations isRepeatable args { name } } }
	} fragment T on __Type { name fields(includeDeprecated: $all) { name args { name } } enumValues(includeDeprecated: $all) { name } }`, nil)
	var all struct {
		Data struct {
			Schema struct {
				Types []struct {
					Name   string
					Fields []struct {
						Name string
						Args []struct{ Name string }
					}
					EnumValues []struct{ Name string }
				}
				Directives []struct {
					Name      string
					Locations []string
					Args      []struct{ Name string }
				}
			} `json:"__schema"`
		}
	}
	if err := json.Unmarshal([]byte(a.Body), &all); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, typ := range all.Data.Schema.Types {
		if !isBuiltIn(typ.Name) && !slices.Contains([]string{"String", "Boolean", "Int", "Float", "ID"}, typ.Name) {
			continue
		}
		line := typ.Name + ":"
		for _, f := range typ.Fields {
			line += " " + f.Name + strings.TrimSuffix(fmt.Sprint(f.Args), "[]")
		}
		for _, v := range typ.EnumValues {
			line += " " + v.Name
		}
		lines = append(lines, line)
	}
	for _, d := range all.Data.Schema.Directives {
		if !slices.Contains([]string{"open", "requires", "stability"}, d.Name) {
			lines = append(lines, fmt.Sprintf("@%s%v on %s", d.Name, d.Args, strings.Join(d.Locations, " ")))
		}
	}
	return lines
}

// Written down from the specification of October 2021, sections 3.5, 3.13 and
// 4.2; only the order of fields is the library's.
func TestIntrospectionTellsWhatTheSpecificationOfOctober2021Has(t *testing.T) {
	want := []string{
		"Boolean:", "Int:", "String:",
		"__Directive: name description isRepeatable locations args",
		"__DirectiveLocation: QUERY MUTATION SUBSCRIPTION FIELD FRAGMENT_DEFINITION FRAGMENT_SPREAD INLINE_FRAGMENT VARIABLE_DEFINITION " +
			"SCHEMA SCALAR OBJECT FIELD_DEFINITION ARGUMENT_DEFINITION INTERFACE UNION ENUM ENUM_VALUE INPUT_OBJECT INPUT_FIELD_DEFINITION",
		"__EnumValue: name description isDeprecated deprecationReason",
		"__Field: name description args type isDeprecated deprecationReason",
		"__InputValue: name description type defaultValue",
		"__Schema: description types queryType mutationType subscriptionType directives",
		"__Type: kind name description specifiedByURL fields[{includeDeprecated}] interfaces possibleTypes enumValues[{includeDeprecated}] inputFields ofType",
		"__TypeKind: SCALAR OBJECT INTERFACE UNION ENUM INPUT_OBJECT LIST NON_NULL",
		"@deprecated[{reason}] on FIELD_DEFINITION ENUM_VALUE",
		"@include[{if}] on FIELD FRAGMENT_SPREAD INLINE_FRAGMENT",
		"@skip[{if}] on FIELD FRAGMENT_SPREAD INLINE_FRAGMENT",
		"@specifiedBy[{url}] on SCALAR",
	}
	if diff := cmp.Diff(told(t, serve(t)), want); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
}

func TestNothingOfLaterDaysIsToldHoweverItIsAsked(t *testing.T) {
	s := serve(t)
	for _, query := range []string{
		`{ __type(name: "__DirectiveLocation") { name enumValues(includeDeprecated: true) { name } } }`,
		`{ ...Q } fragment Q on Query { t: __type(name: "__DirectiveLocation") { ...T } } fragment T on __Type { kind ... on __Type { enumValues { name isDeprecated } } }`,
		`{ __schema { directives { name locations } types { name enumValues { name } fields { name } } } }`,
		`query($n: String! = "__Type") { __type(name: $n) { fields(includeDeprecated: true) { name type { name ofType { enumValues { name } } } } } }`,
	} {
		a := s.must(query, nil)
		for _, late := range []string{"DIRECTIVE_DEFINITION", "isOneOf", "oneOf", "defer"} {
			if strings.Contains(a.Body, `"`+late+`"`) {
				t.Errorf("%s tells of %s", query, late)
			}
		}
	}
	for _, name := range []string{"Float", "ID", "Nonsense"} {
		if a := s.must(`query($n: String!) { __type(name: $n) { name } }`, vars{"n": name}); a.at("__type") != nil {
			t.Errorf("%s is told, and nothing here is made of it", name)
		}
	}
}

// Newer clients ask of every server what newer ones tell.
func TestNewerQuestionsAboutTheSchemaAreAnswered(t *testing.T) {
	a := serve(t).must(`{ __type(name: "InputData") { isOneOf inputFields(includeDeprecated: true) { name isDeprecated deprecationReason } }
		__schema { directives { args(includeDeprecated: true) { name } } } }`, nil)
	if got := a.text("__type"); !strings.Contains(got, "isOneOf:false") || !strings.Contains(got, "isDeprecated:false") {
		t.Errorf("%s", a.Body)
	}
}
