package graph_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/policy"
)

// Nobody can judge a change whose victims have no names; so its preview names
// them to whoever may make it, and to nobody else.
func TestAPreviewNamesTheTokensToWhoMayMakeTheChangeAndOnlyToThem(t *testing.T) {
	s := serve(t)
	filter := ipfilter.ID(s.must(`mutation { createIPFilter(input: {name: "f", ipFilter: "allow all"}) { id } }`, nil).text("createIPFilter", "id"))
	_, bound := s.Token(policy.Draft{Name: "nurse", FilterID: filter})
	if a := s.ask(bound, `{ __typename }`, nil); a.code() != "ok" {
		t.Fatalf("the bound token is refused before the change: %s", a.Body)
	}
	previews := map[string]struct {
		query string
		input vars
	}{
		"tokenSecurityPoliciesImpact": {
			`query($input: TokenSecurityPoliciesInput!) { tokenSecurityPoliciesImpact(input: $input) { tokens { token { name } } } }`,
			policies(vars{"systemPermissionTokensEnabled": true, "systemPermissionTokensEnforceExpirationAfterMs": 86_400_000}),
		},
		"ipFilterImpact": {
			`query($input: IPFilterUpdateInput!) { ipFilterImpact(input: $input) { tokens { token { name } } } }`,
			vars{"id": string(filter), "ipFilter": "deny all"},
		},
	}
	changes := s.holder(permission.ManageCluster)
	if a := s.ask(changes, `{ systemTokens { totalResults } }`, nil); a.code() != "FORBIDDEN" {
		t.Fatalf("who changes policies may list tokens: %s", a.Body)
	}
	all := slices.Collect(permission.Each())
	lists := s.holder(slices.DeleteFunc(all, func(p permission.Permission) bool { return p == permission.ManageCluster })...)
	for field, preview := range previews {
		t.Run(field, func(t *testing.T) {
			v := vars{"input": preview.input}
			a := s.ask(changes, preview.query, v)
			if !named(a.at(field, "tokens"), "nurse") {
				t.Errorf("who may make the change does not read whom it touches: %s", a.Body)
			}
			if a := s.ask(lists, preview.query, v); a.code() != "FORBIDDEN" || a.at(field) != nil {
				t.Errorf("who may do all but change it gets a preview: %s", a.Body)
			}
		})
	}
}

// named reports whether one of the affected tokens has the name.
func named(affected any, name string) bool {
	tokens, _ := affected.([]any)
	for _, one := range tokens {
		if cmp.Equal(one, any(map[string]any{"token": map[string]any{"name": name}})) {
			return true
		}
	}
	return false
}
