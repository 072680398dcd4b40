package policy

import (
	"strconv"
	"strings"

	"tokenscale/fault"
	"tokenscale/ipfilter"
)

// DeleteFilter decides whether by may delete the filter id, which tokens
// tokens and the policies named in kinds use. Removing a restriction in
// silence would widen access, so a filter in use stays.
func DeleteFilter(by Actor, id ipfilter.ID, tokens int, kinds []string) error {
	if err := by.May(AdministerSecurity()...); err != nil {
		return err
	}
	var users []string
	if tokens > 0 {
		users = append(users, plural(int64(tokens), "token"))
	}
	if len(kinds) > 0 {
		users = append(users, policiesFor(kinds))
	}
	if len(users) == 0 {
		return nil
	}
	return fault.New(fault.Conflict, "The IP filter %s is used by %s, so it cannot be deleted.", id, strings.Join(users, " and by "))
}

func policiesFor(kinds []string) string {
	noun := "the security policy for "
	if len(kinds) > 1 {
		noun = strconv.Itoa(len(kinds)) + " security policies, for "
	}
	return noun + strings.Join(kinds, ", ") + " tokens"
}
