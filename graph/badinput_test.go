package graph_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenscale/authority/authoritytest"
	"tokenscale/permission"
	"tokenscale/policy"
)

// Values of the right type that cannot be.

// The three ways to make a token, and what each calls the permissions.
var creations = map[string]struct{ input, permissions, selection string }{
	"createSystemToken":              {"CreateSystemTokenInput", "permissions", "{ token tokenMetadata { id } }"},
	"createSystemPermissionsToken":   {"CreateSystemPermissionTokenInput", "permissions", ""},
	"createSystemPermissionsTokenV2": {"CreateSystemPermissionTokenV2Input", "systemPermissions", "{ token tokenMetadata { id } }"},
}

func creation(field string) string {
	c := creations[field]
	return "mutation M($input: " + c.input + "!) { " + field + "(input: $input) " + c.selection + " }"
}

var noon = authoritytest.Noon.UnixMilli()

func TestWhatNoTokenCanBeIsInvalidNamesItsFieldAndChangesNothing(t *testing.T) {
	s := serve(t)
	tests := []struct {
		name  string
		input vars
		field string
		words string
	}{
		{"an empty name", vars{"name": ""}, "name", "1 to 253"},
		{"a name of spaces", vars{"name": " \u00a0\t "}, "name", "1 to 253"},
		{"a name of 254 characters", vars{"name": strings.Repeat("界", 254)}, "name", "254"},
		{"a name with a line end", vars{"name": "a\nb"}, "name", "control"},
		{"a name with NUL", vars{"name": "a\x00b"}, "name", "control"},
		{"a name with an escape", vars{"name": "a\x1b[2Jb"}, "name", "control"},
		{"a name that is a token string", vars{"name": s.root}, "name", "leaked"},
		{"an expiry of zero", vars{"expireAt": 0}, "expireAt", "not after now"},
		{"a negative expiry", vars{"expireAt": -1}, "expireAt", "not after now"},
		{"an expiry in the past", vars{"expireAt": noon - 1}, "expireAt", "not after now"},
		{"an expiry at this very moment", vars{"expireAt": noon}, "expireAt", "not after now"},
		{"an expiry in seconds", vars{"expireAt": noon/1000 + 3600}, "expireAt", "milliseconds"},
		{"an expiry in the year 10000", vars{"expireAt": 253402300800000}, "expireAt", "9999"},
		{"the largest expiry there is", vars{"expireAt": json.Number("9223372036854775807")}, "expireAt", "9999"},
		{"the smallest expiry there is", vars{"expireAt": json.Number("-9223372036854775808")}, "expireAt", "not after now"},
		{"a filter that does not exist", vars{"ipFilterId": "nobody"}, "ipFilterId", "no IP filter"},
		{"a filter without an id", vars{"ipFilterId": ""}, "ipFilterId", "no IP filter"},
		{"a filter with an endless id", vars{"ipFilterId": strings.Repeat("x", 50_000)}, "ipFilterId", "no IP filter"},
		{"a token string for a filter", vars{"ipFilterId": s.root}, "ipFilterId", "no IP filter"},
	}
	before := s.rows()
	for field, c := range creations {
		for _, test := range tests {
			t.Run(field+", "+test.name, func(t *testing.T) {
				input := vars{"name": "a name", c.permissions: []string{}}
				maps.Copy(input, test.input)
				a := s.wantInvalid(t, creation(field), vars{"input": input}, test.field, "")
				if got := a.Errors[0].State[test.field]; !strings.Contains(got, test.words) {
					t.Errorf("state[%q] = %q, want it to speak of %q", test.field, got, test.words)
				}
				s.wantHidden(a.Body, s.root)
			})
		}
	}
	if diff := cmp.Diff(s.rows(), before); diff != "" {
		t.Error(diff)
	}
	s.wantQuiet()
}

func TestWhatNoExpiryCanBe(t *testing.T) {
	s := serve(t)
	span := func(amount int, unit string) vars { return vars{"amount": amount, "unit": unit} }
	tests := []struct {
		name   string
		input  vars
		fields []string
	}{
		{"nothing", vars{"expiresIn": span(0, "Minutes")}, []string{"expiresIn"}},
		{"less than nothing", vars{"expiresIn": span(-1, "Days")}, []string{"expiresIn"}},
		{"beyond the year 9999", vars{"expiresIn": span(2147483647, "Days")}, []string{"expiresIn"}},
		{"both ways", vars{"expiresIn": span(1, "Days"), "expireAt": noon + 60_000}, []string{"expireAt", "expiresIn"}},
		{"both ways, and the name empty: all is told at once", vars{"name": "", "expiresIn": span(1, "Days"), "expireAt": noon + 60_000}, []string{"expireAt", "expiresIn", "name"}},
	}
	before := s.rows()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			input := vars{"name": "a name", "permissions": []string{}}
			maps.Copy(input, test.input)
			a := s.wantInvalid(t, creation("createSystemToken"), vars{"input": input}, test.fields[0], "")
			if got := slices.Sorted(maps.Keys(a.Errors[0].State)); !slices.Equal(got, test.fields) {
				t.Errorf("state is about %v, want %v", got, test.fields)
			}
		})
	}
	if diff := cmp.Diff(s.rows(), before); diff != "" {
		t.Error(diff)
	}
}

func TestWhatNoOtherInputCanBeIsInvalidNamesItsFieldAndChangesNothing(t *testing.T) {
	s := serve(t)
	tok, secret := s.Token(policy.Draft{Name: "old"})
	filter := s.must(`mutation { createIPFilter(input: {name: "f", ipFilter: "allow all"}) { id } }`, nil).text("createIPFilter", "id")
	const (
		makeFilter   = `mutation($v: String!) { createIPFilter(input: {name: "f", ipFilter: $v}) { id } }`
		nameFilter   = `mutation($v: String!) { createIPFilter(input: {name: $v, ipFilter: ""}) { id } }`
		changeFilter = `mutation($v: String!, $id: String!) { updateIPFilter(input: {id: $id, ipFilter: $v}) { id } }`
		renameFilter = `mutation($v: String!, $id: String!) { updateIPFilter(input: {id: $id, name: $v}) { id } }`
		try          = `query($v: String!) { testIPFilter(ipFilter: $v, address: "10.0.0.1") { allowed } }`
		tryAddress   = `query($v: String!) { testIPFilter(ipFilter: "", address: $v) { allowed } }`
		rotate       = `mutation($v: Long, $id: String!) { rotateSystemToken(input: {id: $id, gracePeriodMs: $v}) { token } }`
	)
	tests := []struct {
		name, query string
		value       any
		id          string
		field       string
		words       string
	}{
		{"a filter without a name", nameFilter, "", "", "name", "1 to 253"},
		{"a filter renamed to nothing", renameFilter, " ", filter, "name", "1 to 253"},
		{"a filter renamed to a token string", renameFilter, secret, filter, "name", "leaked"},
		{"a filter with a token string in a comment", makeFilter, "# " + secret, "", "ipFilter", "leaked"},
		{"a rule that is none", makeFilter, "allow all\nalow 10.0.0.1", "", "ipFilter", `line 2: "alow 10.0.0.1"`},
		{"a rule that is none, in an update", changeFilter, "deny 10.0.0.0/33", filter, "ipFilter", "line 1"},
		{"a rule that is none, in a trial", try, "deny", "", "ipFilter", "line 1"},
		{"10001 rules", makeFilter, strings.Repeat("allow all\n", 10_001), "", "ipFilter", "10000"},
		{"an address that is none", tryAddress, "10.0.0", "", "address", "IPv4 or IPv6"},
		{"no address", tryAddress, "", "", "address", "IPv4 or IPv6"},
		{"a negative grace period", rotate, -1, string(tok.ID), "gracePeriodMs", "7 days"},
		{"a grace period of more than 7 days", rotate, 7*24*3600*1000 + 1, string(tok.ID), "gracePeriodMs", "7 days"},
		{"an endless grace period", rotate, json.Number("9223372036854775807"), string(tok.ID), "gracePeriodMs", "7 days"},
	}
	before := s.rows()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := vars{"v": test.value}
			if test.id != "" {
				v["id"] = test.id
			}
			a := s.wantInvalid(t, test.query, v, test.field, "")
			if got := a.Errors[0].State[test.field]; !strings.Contains(got, test.words) {
				t.Errorf("state[%q] = %q, want it to speak of %q", test.field, got, test.words)
			}
			s.wantHidden(a.Body, secret)
		})
	}
	if diff := cmp.Diff(s.rows(), before); diff != "" {
		t.Error(diff)
	}
	s.wantQuiet(secret)
}

func TestWhatNoPageCanBe(t *testing.T) {
	s := serve(t)
	lists := map[string]string{
		"systemTokens":                "{ totalResults }",
		"tokens":                      "{ totalResults }",
		"ipFilterUsage":               "{ totalTokens }",
		"ipFilterImpact":              "{ totalTokens }",
		"tokenSecurityPoliciesImpact": "{ deleted }",
		"auditEvents":                 "{ totalResults }",
	}
	others := map[string]string{
		"tokens": "sortBy: Name, ", "ipFilterUsage": `id: "x", `, "ipFilterImpact": `input: {id: "x"}, `,
		"tokenSecurityPoliciesImpact": "input: {personalUserTokensEnabled: true, viewPermissionTokensEnabled: true, viewPermissionTokensAllowPermissionUpdates: true, organizationPermissionTokensEnabled: true, organizationPermissionTokensAllowPermissionUpdates: true}, ",
	}
	for field, selection := range lists {
		for page, wrong := range map[string]string{
			"skip: -1": "skip", "limit: -1": "limit", "limit: 1001": "limit", "skip: -2147483648": "skip", "limit: 2147483647": "limit",
		} {
			query := "{ " + field + "(" + others[field] + page + ") " + selection + " }"
			s.wantInvalid(t, query, nil, wrong, page)
		}
		a := s.wantInvalid(t, "{ "+field+"("+others[field]+"skip: -1, limit: 1001) "+selection+" }", nil, "skip", "-1")
		if len(a.Errors[0].State) != 2 {
			t.Errorf("%s: both inputs are wrong, state is %v", field, a.Errors[0].State)
		}
	}
}

func TestWhatNoPolicyCanBeIsInvalidNamesItsFieldAndChangesNothing(t *testing.T) {
	s := serve(t)
	before := s.rows()
	for _, kind := range []string{"personalUserTokens", "viewPermissionTokens", "organizationPermissionTokens", "systemPermissionTokens"} {
		for name, value := range map[string]any{
			"EnforceExpirationAfterMs": 0, "EnforceExpirationAfterMs ": -1, "EnforceIpFilterId": "", "EnforceIpFilterId ": "nobody",
		} {
			field := kind + strings.TrimSpace(name)
			input := policies(vars{"systemPermissionTokensEnabled": true, field: value})
			for _, query := range []string{setPolicies, previewPolicies} {
				s.wantInvalid(t, query, vars{"input": input}, field, "")
			}
		}
	}
	for name, value := range map[string]any{
		"EnforceExpirationAfterMs": 1000, "AllowPermissionUpdates": true,
	} {
		input := policies(vars{"systemPermissionTokens" + name: value})
		s.wantInvalid(t, setPolicies, vars{"input": input}, "systemPermissionTokensEnabled", "")
	}
	if diff := cmp.Diff(s.rows(), before); diff != "" {
		t.Error(diff)
	}
}

const (
	setPolicies     = `mutation UpdatePolicies($input: TokenSecurityPoliciesInput!) { updateTokenSecurityPolicies(input: $input) { __typename } }`
	previewPolicies = `query($input: TokenSecurityPoliciesInput!) { tokenSecurityPoliciesImpact(input: $input) { deleted capped refiltered unchanged tokens { token { id } effect newExpireAt } } }`
)

// policies returns an input with all that is required, and what is given.
func policies(given vars) vars {
	input := vars{
		"personalUserTokensEnabled": true, "viewPermissionTokensEnabled": true, "viewPermissionTokensAllowPermissionUpdates": false,
		"organizationPermissionTokensEnabled": true, "organizationPermissionTokensAllowPermissionUpdates": false,
	}
	maps.Copy(input, given)
	return input
}

// wantHidden wants that a text does not repeat the secret half of a token.
func (s *server) wantHidden(text string, secrets ...string) {
	s.tb.Helper()
	for _, secret := range secrets {
		if _, tail, _ := strings.Cut(secret, "~"); strings.Contains(text, tail) {
			s.tb.Errorf("the secret of %s is repeated in\n%s", idOf(secret), text)
		}
	}
}

func TestARefusedChangeIsWrittenDownExactlyOnceAndChangesNothingElse(t *testing.T) {
	s := serve(t)
	weak := s.holder(permission.PatchGlobal)
	strong := s.holder(permission.ChangeSystemPermissions)
	admin, secret := s.Token(policy.Draft{Name: "admin", Permissions: permission.All})
	old := s.must(`mutation { rotateToken(input: {id: "`+string(admin.ID)+`"}) }`, nil).text("rotateToken")
	used := s.must(`mutation { createIPFilter(input: {name: "f", ipFilter: "allow all"}) { id } }`, nil).text("createIPFilter", "id")
	s.must(`mutation { createSystemToken(input: {name: "bound", permissions: [], ipFilterId: "`+used+`"}) { token } }`, nil)
	tests := []struct{ name, token, query, code, sentence string }{
		{"a permission is missing", weak, `mutation { deleteToken(input: {id: "x"}) }`, "FORBIDDEN", "Change system permissions not allowed"},
		{"more is granted than is held", strong, `mutation { createSystemToken(input: {name: "x", permissions: [PatchGlobal]}) { token } }`, "FORBIDDEN", "You lack: Patch global"},
		{"permissions may not be updated", s.root, `mutation { updateSystemPermissionsTokenPermissions(input: {id: "` + idOf(old) + `", permissions: []}) }`, "FORBIDDEN", "does not allow updating"},
		{"the token to delete is unknown", s.root, `mutation { deleteSystemToken(input: {id: "x"}) }`, "NOT_FOUND", "no token with this id"},
		{"the token to rotate is unknown", s.root, `mutation { rotateSystemToken(input: {id: ""}) { token } }`, "NOT_FOUND", "no token with this id"},
		{"the token to update is gone", s.root, `mutation { updateSystemPermissionsTokenPermissions(input: {id: "` + string(admin.ID) + `", permissions: []}) }`, "NOT_FOUND", "no token with this id"},
		{"a whole token string is no id", s.root, `mutation { deleteToken(input: {id: "` + secret + `"}) }`, "NOT_FOUND", "treat the string as leaked"},
		{"a whole token string is no id to rotate", s.root, `mutation { rotateToken(input: {id: "` + old + `"}) }`, "NOT_FOUND", "treat the string as leaked"},
		{"the filter is unknown", s.root, `mutation { updateIPFilter(input: {id: "x", name: "y"}) { id } }`, "NOT_FOUND", "no IP filter"},
		{"the filter to delete is unknown", s.root, `mutation { deleteIPFilter(input: {id: "` + secret + `"}) }`, "NOT_FOUND", "no IP filter"},
		{"the filter is in use", s.root, `mutation { deleteIPFilter(input: {id: "` + used + `"}) }`, "CONFLICT", "used by 1 token"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before, tokens := s.Trail(), s.tokens()
			a := s.ask(test.token, test.query, nil)
			if a.Status != http.StatusOK || a.code() != test.code || !strings.Contains(a.Errors[0].Message, test.sentence) {
				t.Fatalf("%d %s, want %s and %q", a.Status, a.Body, test.code, test.sentence)
			}
			after := s.Trail()
			if len(after) != len(before)+1 || after[0].Refused != a.Errors[0].Message {
				t.Errorf("the audit log got %d entries, the last is %+v; want one with the refusal", len(after)-len(before), after[0])
			}
			if diff := cmp.Diff(s.tokens(), tokens); diff != "" {
				t.Error(diff)
			}
		})
	}
	s.wantQuiet(secret, old, weak, strong)
	s.wantHidden(s.rows(), secret, old, weak, strong)
}

// tokens returns all tokens as the API shows them.
func (s *server) tokens() any {
	s.tb.Helper()
	return s.must(`{ systemTokens(limit: 1000) { totalResults results { id name permissions expireAt ipFilter createdAt createdBy } } }`, nil).at("systemTokens")
}
