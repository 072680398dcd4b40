package graph_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzPolicyJSON writes anything in the place of each field of the policy for
// system tokens. Only what was left out, or is null, means none: nothing that
// somebody wrote is ever taken for "no limit". What is refused changes nothing.
func FuzzPolicyJSON(f *testing.F) {
	odd := []string{"", "null", "0", "-1", "1", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1.0", "1e3", `""`, `"1"`, `"FILTER"`, "true", "false", `"true"`, "[]", "[1]", "{}", `"\u0000"`, "-0", "00", "9007199254740993.0", "9.007199254740993e15", `"9007199254740993"`, "1e999999999", "5.5"}
	for _, v := range odd {
		f.Add("true", v, "", "")
		f.Add("true", "1000", v, "true")
		f.Add(v, "", "", "")
		f.Add(v, "1000", `"FILTER"`, "true")
		f.Add("true", "", "", v)
		f.Add("", v, v, v)
	}
	s := serve(f)
	filter := s.must(`mutation { createIPFilter(input: {name: "f", ipFilter: "allow all"}) { id } }`, nil).text("createIPFilter", "id")
	f.Fuzz(func(t *testing.T, enabled, maximum, enforced, updates string) {
		given := map[string]string{"Enabled": enabled, "EnforceExpirationAfterMs": maximum, "EnforceIpFilterId": strings.ReplaceAll(enforced, "FILTER", filter), "AllowPermissionUpdates": updates}
		fields, ok := block(given)
		if !ok {
			return // no JSON, which FuzzBody is about
		}
		s := *s
		s.tb = t // what fails, fails this input
		before := s.systemPolicy()
		a := s.post(s.root, `{"query": "mutation($i: TokenSecurityPoliciesInput!) { updateTokenSecurityPolicies(input: $i) { id } }", "variables": {"i": {
			"personalUserTokensEnabled": true, "viewPermissionTokensEnabled": true, "viewPermissionTokensAllowPermissionUpdates": false,
			"organizationPermissionTokensEnabled": true, "organizationPermissionTokensAllowPermissionUpdates": false`+fields+`}}}`)
		want, good := meant(given, filter, before)
		if good != (a.code() == "ok") || a.code() == "INTERNAL" {
			t.Errorf("%s: code %s, want it accepted: %v\n%s", fields, a.code(), good, a.Body)
		}
		if diff := cmp.Diff(s.systemPolicy(), want); diff != "" {
			t.Errorf("%s: the policy (-got +want):\n%s", fields, diff)
		}
	})
}

// systemPolicy returns the policy for system tokens as clients read it.
func (s *server) systemPolicy() map[string]any {
	s.tb.Helper()
	const p = "systemPermissionTokens"
	got := s.must(`{ organization { configs { tokens { `+p+`Enabled `+p+`EnforceExpirationAfterMs `+p+`EnforceIpFilter { id } `+p+`AllowPermissionUpdates } } } }`, nil)
	policy := got.at("organization", "configs", "tokens").(map[string]any)
	out := map[string]any{"Enabled": policy[p+"Enabled"], "AllowPermissionUpdates": policy[p+"AllowPermissionUpdates"]}
	if policy[p+"EnforceExpirationAfterMs"] != nil {
		var exact struct {
			Data struct {
				Organization struct {
					Configs struct{ Tokens map[string]json.RawMessage }
				}
			}
		}
		if err := json.Unmarshal([]byte(got.Body), &exact); err != nil {
			s.tb.Fatal(err)
		}
		out["EnforceExpirationAfterMs"] = string(exact.Data.Organization.Configs.Tokens[p+"EnforceExpirationAfterMs"])
	}
	if enforced, ok := policy[p+"EnforceIpFilter"].(map[string]any); ok {
		out["EnforceIpFilterId"] = enforced["id"]
	}
	return out
}

// block returns the fields that are given as they stand in a body.
func block(given map[string]string) (text string, ok bool) {
	for name, raw := range given {
		if raw == "" {
			continue
		}
		if !json.Valid([]byte(raw)) {
			return "", false
		}
		text += fmt.Sprintf(`, "systemPermissionTokens%s": %s`, name, raw)
	}
	return text, true
}

// meant returns the policy that the fields ask for, and whether they ask for one.
func meant(given map[string]string, filter string, before map[string]any) (map[string]any, bool) {
	policy := map[string]any{"AllowPermissionUpdates": false}
	for name, raw := range given {
		raw = strings.Trim(raw, " \t\r\n")
		if raw == "" || raw == "null" {
			continue
		}
		var number big.Int
		var id string
		var err error
		if name == "EnforceExpirationAfterMs" {
			number, err = whole(raw)
		} else {
			err = json.Unmarshal([]byte(raw), &id)
		}
		switch {
		case name == "Enabled" || name == "AllowPermissionUpdates":
			if raw != "true" && raw != "false" {
				return before, false
			}
			policy[name] = raw == "true"
		case err != nil || name == "EnforceExpirationAfterMs" && (number.Sign() < 1 || !number.IsInt64()) || name == "EnforceIpFilterId" && id != filter:
			return before, false
		case name == "EnforceExpirationAfterMs":
			policy[name] = number.String()
		default:
			policy[name] = id
		}
	}
	if policy["Enabled"] == nil {
		return before, len(policy) == 1 && policy["AllowPermissionUpdates"] == false && absent(given["AllowPermissionUpdates"])
	}
	return policy, true
}

// whole returns the whole number that JSON stands for: a number, however it is
// written, or a text of digits.
func whole(raw string) (n big.Int, err error) {
	if text, ok := strings.CutPrefix(raw, `"`); ok {
		text = strings.TrimSuffix(text, `"`)
		if _, ok := n.SetString(text, 10); !ok || strings.Trim(text, "0123456789") != "" {
			err = errors.New("no text of digits")
		}
		return n, err
	}
	exact, ok := new(big.Rat).SetString(raw)
	if _, exponent, _ := strings.Cut(strings.ToLower(raw), "e"); len(exponent) > 4 || !ok || !exact.IsInt() {
		return n, errors.New("no whole number that is not too large")
	}
	return *exact.Num(), nil
}

func absent(raw string) bool {
	raw = strings.Trim(raw, " \t\r\n")
	return raw == "" || raw == "null"
}
