package graph_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A whole number, as LogScale's library takes it.
func TestAWholeNumberIsTakenInEveryNotation(t *testing.T) {
	s := serve(t)
	const at = 253_402_300_799_998
	for _, number := range []string{`253402300799998`, `253402300799998.0`, `253402300799998.000`, `2.53402300799998e14`, `253402300799998E0`, `2534023007999980e-1`, `"253402300799998"`} {
		const shown = `{ tokenMetadata { expireAt } }`
		inVariable := fmt.Sprintf(`{"query":"mutation($at: Long) { createSystemToken(input: {name: \"n\", permissions: [], expireAt: $at}) %s }","variables":{"at":%s}}`, shown, number)
		nested := fmt.Sprintf(`{"query":"mutation($i: CreateSystemTokenInput!) { createSystemToken(input: $i) %s }","variables":{"i":{"name":"n","permissions":[],"expireAt":%s}}}`, shown, number)
		escaped := strings.ReplaceAll(number, `"`, `\"`)
		literal := fmt.Sprintf(`{"query":"mutation { createSystemToken(input: {name: \"n\", permissions: [], expireAt: %s}) %s }"}`, escaped, shown)
		byDefault := fmt.Sprintf(`{"query":"mutation($at: Long = %s) { createSystemToken(input: {name: \"n\", permissions: [], expireAt: $at}) %s }"}`, escaped, shown)
		for _, body := range []string{inVariable, nested, literal, byDefault} {
			if a := s.post(s.root, body); !strings.Contains(a.Body, fmt.Sprintf(`"expireAt":%d}`, at)) {
				t.Errorf("%s: %s", body, a.Body)
			}
		}
	}
	for _, number := range []string{`2`, `2.0`, `2e0`, `0.2E1`, `20e-1`} {
		for _, body := range []string{
			fmt.Sprintf(`{"query":"query($n: Int) { systemTokens(limit: $n) { results { id } } }","variables":{"n":%s}}`, number),
			fmt.Sprintf(`{"query":"{ systemTokens(limit: %s) { results { id } } }"}`, number),
			fmt.Sprintf(`{"query":"query($n: Int! = %s) { systemTokens(limit: $n) { results { id } } }"}`, number),
		} {
			if a := s.post(s.root, body); len(a.at("systemTokens", "results").([]any)) != 2 {
				t.Errorf("%s: %s", body, a.Body)
			}
		}
		a := s.post(s.root, fmt.Sprintf(`{"query":"mutation($n: Int!) { createSystemToken(input: {name: \"n\", permissions: [], expiresIn: {amount: $n, unit: Days}}) { token } }","variables":{"n":%s}}`, number))
		if a.code() != "ok" {
			t.Errorf("%s: %s", number, a.Body)
		}
	}
	// A float64 would make 992 of it.
	s.must(`mutation { updateTokenSecurityPolicies(input: {personalUserTokensEnabled: true, viewPermissionTokensEnabled: true, viewPermissionTokensAllowPermissionUpdates: false,
		organizationPermissionTokensEnabled: true, organizationPermissionTokensAllowPermissionUpdates: false, systemPermissionTokensEnabled: true,
		systemPermissionTokensEnforceExpirationAfterMs: 9007199254740993.0}) { id } }`, nil)
	if got := s.systemPolicy()["EnforceExpirationAfterMs"]; got != "9007199254740993" {
		t.Errorf("9007199254740993.0 is kept as %v", got)
	}
	s.must(`{ auditEvents(since: -1.0, until: -5) { totalResults } }`, nil)
	s.must(`{ auditEvents(since: 0e999999999) { totalResults } }`, nil)
	s.wantQuiet()
}

func TestWhatIsNoWholeNumberIsRefusedByTheNameOfItsInput(t *testing.T) {
	s := serve(t)
	before := s.rows()
	const whole64, whole32 = "This must be a whole number of 64 bits, or a text of its digits, or null.", "This must be a whole number of 32 bits, without quotes, or null."
	for _, test := range []struct{ query, field, sentence string }{
		{`{ auditEvents(since: %s) { totalResults } }`, "since", whole64},
		{`query($n: Long = %s) { auditEvents(since: $n) { totalResults } }`, "n", whole64},
		{`mutation { createSystemToken(input: {name: "n", permissions: [], expireAt: %s}) { token } }`, "expireAt", whole64},
		{`{ ...few } fragment few on Query { auditEvents(since: %s) { totalResults } }`, "since", whole64},
		{`{ systemTokens(limit: %s) { totalResults } }`, "limit", whole32},
		{`{ systemTokens(skip: %s) { totalResults } }`, "skip", whole32},
		{`query($n: Int = %s) { systemTokens(skip: $n) { totalResults } }`, "n", whole32},
		{`mutation { createSystemToken(input: {name: "n", permissions: [], expiresIn: {amount: %s, unit: Days}}) { token } }`, "amount",
			"This must be a whole number of 32 bits, without quotes. It cannot be left out or null."},
	} {
		for _, value := range []string{
			`1.5`, `1e-1`, `-0.1`, `1e999999999`, `1E-999999999`, `99999999999999999999`, `-99999999999999999999`, `true`, `"12x"`, `""`, `" 5"`, `"5.0"`, `"-5"`, `"""12x"""`, `Monday`, `[1]`, `[1.0]`, `{a: 1}`, `{a: 99999999999999999999}`,
		} {
			a := s.wantInvalid(t, fmt.Sprintf(test.query, value), nil, test.field, value)
			if len(a.Errors) != 1 || a.Errors[0].State[test.field] != test.sentence || len(a.Errors[0].State) != 1 || a.Data != nil {
				t.Errorf("%s = %s: %s", test.field, value, a.Body)
			}
			if !strings.Contains(a.Body, `"locations":[{"line":1,`) {
				t.Errorf("%s = %s: nobody is told where: %s", test.field, value, a.Body)
			}
		}
	}
	s.wantInvalid(t, `{ systemTokens(limit: 2147483648) { totalResults } }`, nil, "limit", "2147483648")
	s.wantInvalid(t, `{ systemTokens(limit: 2147483648.0) { totalResults } }`, nil, "limit", "2147483648.0")
	s.wantInvalid(t, `{ systemTokens(limit: "5") { totalResults } }`, nil, "limit", `"5"`)
	// Each bad number is told; what is wrong beside them is too.
	a := s.ask(s.root, `{ systemTokens(limit: 1.5, skip: "x", searchFilter: 5) { totalResults } }`, nil)
	if len(a.Errors) != 3 || a.Status != http.StatusOK {
		t.Errorf("three mistakes: %s", a.Body)
	}
	if diff := cmp.Diff(s.rows(), before); diff != "" {
		t.Error(diff)
	}
	s.wantQuiet()
}
