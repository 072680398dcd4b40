package tally

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"tokenscale/audit"
	"tokenscale/fault"
	"tokenscale/token"
)

// RefusedChange returns the audit entry, but for time and actor, of a refusal of the mutation
// action, and whether it gets one: inputs that no state of the server could accept are no attempt
// at a change, and what the server cannot do now says nothing of the caller.
func RefusedChange(action string, refusal error) (audit.Entry, bool) {
	f, ok := errors.AsType[*fault.Error](refusal)
	if !ok || f.Code == fault.Invalid || f.Code == fault.Unavailable {
		return audit.Entry{}, false
	}
	about, details := repetition(f)
	return audit.Entry{
		Type: kindOf(action), Action: action, Sensitive: true, Refused: token.Hide(f.Message), TokenID: about, Fields: details,
	}, true
}

// repetition returns what there is to write of the refusal of a request that
// came with an idempotency key for the second time: the token that was made at
// the first, and why.
func repetition(f *fault.Error) (about string, details []audit.Field) {
	for _, name := range slices.Sorted(maps.Keys(f.Extensions)) {
		if name != "tokenId" {
			details = append(details, audit.One(name, f.Extensions[name]))
		}
	}
	return f.Extensions["tokenId"], details
}

// kindOf returns what kind of audit entry a change is, by the name of its mutation.
func kindOf(action string) audit.Type {
	switch {
	case strings.Contains(action, "IPFilter"):
		return audit.FilterChanged
	case strings.Contains(action, "SecurityPolicies"):
		return audit.PolicyChanged
	case strings.HasPrefix(action, "rotate"):
		return audit.TokenRotated
	}
	return audit.TokenChanged
}
