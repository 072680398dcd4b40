package graph

import (
	"reflect"
	"strings"
	"testing"

	"tokenscale/graph/model"
	"tokenscale/policy"
)

// What the rules call an input about a policy is an input of the schema.
func TestInputName_EachPartOfEachPolicyIsAnInputOfTheSchema(t *testing.T) {
	inSchema := map[string]bool{}
	input := reflect.TypeFor[model.TokenSecurityPoliciesInput]()
	for i := range input.NumField() {
		name, _, _ := strings.Cut(input.Field(i).Tag.Get("json"), ",")
		inSchema[name] = true
	}
	seen := map[string]bool{}
	for _, k := range policy.Fresh().Kinds() {
		for _, p := range []policy.Part{policy.EnabledPart, policy.MaxAgePart, policy.FilterPart} {
			name := inputName(policy.Input(k.Name, p))
			if !inSchema[name] || seen[name] {
				t.Errorf("%s of %s is called %q", p, k.Name, name)
			}
			seen[name] = true
		}
	}
	for _, other := range []string{"name", "ipFilterId", "gracePeriodMs", "system.other", "other.maxAge", ""} {
		if got := inputName(other); got != other {
			t.Errorf("%q is called %q", other, got)
		}
	}
}
