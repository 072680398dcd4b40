package graph

import (
	"strings"

	"tokenscale/policy"
)

// inputName returns what the schema calls an input that a refusal names. Inputs about the policy
// of a kind of token have names of LogScale's in the schema, and the others those of the rules.
func inputName(in string) string {
	kind, part, ok := strings.Cut(in, ".")
	prefix, suffix := policyPrefix(kind), policySuffix(policy.Part(part))
	if !ok || prefix == "" || suffix == "" {
		return in
	}
	return prefix + suffix
}

func policyPrefix(kind string) string {
	switch kind {
	case policy.KindPersonal:
		return "personalUserTokens"
	case policy.KindView:
		return "viewPermissionTokens"
	case policy.KindOrganization:
		return "organizationPermissionTokens"
	case policy.KindSystem:
		return "systemPermissionTokens"
	}
	return ""
}

func policySuffix(p policy.Part) string {
	switch p {
	case policy.EnabledPart:
		return "Enabled"
	case policy.MaxAgePart:
		return "EnforceExpirationAfterMs"
	case policy.FilterPart:
		return "EnforceIpFilterId"
	}
	return ""
}
