package graph_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenscale/policy"
)

func TestPolicies_AFreshInstallation(t *testing.T) {
	s := serve(t)
	got := s.must(`{ organization { id name configs { tokens {
		personalUserTokensEnabled personalUserTokensEnforceExpirationAfterMs personalUserTokensEnforceIpFilter { id }
		systemPermissionTokensEnabled systemPermissionTokensEnforceExpirationAfterMs systemPermissionTokensEnforceIpFilter { id } systemPermissionTokensAllowPermissionUpdates
		viewPermissionTokensEnabled organizationPermissionTokensEnabled organizationPermissionTokensAllowPermissionUpdates } } } }`, nil).at("organization", "configs", "tokens")
	want := map[string]any{
		"personalUserTokensEnabled": true, "personalUserTokensEnforceExpirationAfterMs": nil, "personalUserTokensEnforceIpFilter": nil,
		"systemPermissionTokensEnabled": true, "systemPermissionTokensEnforceExpirationAfterMs": nil, "systemPermissionTokensEnforceIpFilter": nil, "systemPermissionTokensAllowPermissionUpdates": false,
		"viewPermissionTokensEnabled": true, "organizationPermissionTokensEnabled": true, "organizationPermissionTokensAllowPermissionUpdates": false,
	}
	if diff := cmp.Diff(got, any(want)); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
}

func TestPolicies_AClientReadsBackWhatItWroteForEachKindOfToken(t *testing.T) {
	s := serve(t)
	for n, kind := range []string{"personalUserTokens", "viewPermissionTokens", "organizationPermissionTokens", "systemPermissionTokens"} {
		t.Run(kind, func(t *testing.T) {
			filter := s.must(`mutation($n: String!) { createIPFilter(input: {name: $n, ipFilter: "allow all"}) { id } }`, vars{"n": kind}).text("createIPFilter", "id")
			written := vars{kind + "Enabled": true, kind + "EnforceExpirationAfterMs": 100_000 + n, kind + "EnforceIpFilterId": filter}
			read := kind + "Enabled " + kind + "EnforceExpirationAfterMs " + kind + "EnforceIpFilter { id name }"
			want := map[string]any{
				kind + "Enabled": true, kind + "EnforceExpirationAfterMs": float64(100_000 + n),
				kind + "EnforceIpFilter": map[string]any{"id": filter, "name": kind},
			}
			if kind != "personalUserTokens" {
				written[kind+"AllowPermissionUpdates"] = true
				read += " " + kind + "AllowPermissionUpdates"
				want[kind+"AllowPermissionUpdates"] = true
			}
			selection := " { configs { tokens { " + read + " } } }"
			answered := s.must("mutation($input: TokenSecurityPoliciesInput!) { updateTokenSecurityPolicies(input: $input)"+selection+" }", vars{"input": policies(written)})
			if diff := cmp.Diff(answered.at("updateTokenSecurityPolicies", "configs", "tokens"), any(want)); diff != "" {
				t.Errorf("in the answer (-got +want):\n%s", diff)
			}
			if diff := cmp.Diff(s.must("{ organization"+selection+" }", nil).at("organization", "configs", "tokens"), any(want)); diff != "" {
				t.Errorf("read back (-got +want):\n%s", diff)
			}
		})
	}
}

func TestPolicies_ThePreviewSaysExactlyWhatTheChangeThenDoes(t *testing.T) {
	s := serve(t)
	for _, days := range []int64{1, 5, 9} {
		s.Token(policy.Draft{Name: fmt.Sprint(days), Expiry: policy.Expiry{In: &policy.Span{Amount: days, Unit: policy.Days}}})
	}
	s.Token(policy.Draft{Name: "endless"})
	filter := s.must(`mutation { createIPFilter(input: {name: "f", ipFilter: "allow all"}) { id } }`, nil).text("createIPFilter", "id")
	for _, change := range []vars{
		{"systemPermissionTokensEnforceExpirationAfterMs": 4 * 86_400_000},
		{"systemPermissionTokensEnforceIpFilterId": filter},
		{"systemPermissionTokensEnforceExpirationAfterMs": 2 * 86_400_000, "systemPermissionTokensEnforceIpFilterId": filter},
		{"systemPermissionTokensEnabled": false},
	} {
		input := policies(vars{"systemPermissionTokensEnabled": true})
		maps.Copy(input, change)
		before := s.rows()
		preview := s.must(previewPolicies, vars{"input": input}).at("tokenSecurityPoliciesImpact").(map[string]any)
		if s.rows() != before {
			t.Errorf("%v: the preview has changed the store", change)
		}
		want := s.after(preview)
		s.must(setPolicies, vars{"input": input})
		if diff := cmp.Diff(s.expiries(), want); diff != "" {
			t.Errorf("%v: what became of the tokens (-got +previewed):\n%s", change, diff)
		}
	}
}

// expiries returns when each token ends.
func (s *server) expiries() map[string]any {
	s.tb.Helper()
	ends := map[string]any{}
	for _, r := range s.must(`{ systemTokens { results { id expireAt } } }`, nil).at("systemTokens", "results").([]any) {
		ends[r.(map[string]any)["id"].(string)] = r.(map[string]any)["expireAt"]
	}
	return ends
}

// after returns when each token will end if a preview is right.
func (s *server) after(preview map[string]any) map[string]any {
	s.tb.Helper()
	ends := s.expiries()
	effects := map[any]float64{"Unchanged": float64(len(ends))}
	for _, r := range preview["tokens"].([]any) {
		affected := r.(map[string]any)
		effects[affected["effect"]]++
		effects["Unchanged"]--
		id := affected["token"].(map[string]any)["id"].(string)
		if ends[id] = affected["newExpireAt"]; affected["effect"] == "Deleted" {
			delete(ends, id)
		}
	}
	got := []any{preview["deleted"], preview["capped"], preview["refiltered"], preview["unchanged"]}
	want := []any{effects["Deleted"], effects["Capped"], effects["Refiltered"], effects["Unchanged"]}
	if diff := cmp.Diff(got, want); diff != "" {
		s.tb.Errorf("the counts of the preview are not those of its tokens:\n%s", diff)
	}
	return ends
}
