package policy

import (
	"net/netip"
	"strconv"
	"strings"

	"tokenscale/fault"
	"tokenscale/ipfilter"
)

// DeleteFilter decides whether by may delete the filter f, which tokens
// tokens and the policies named in kinds use. Removing a restriction in
// silence would widen access, so a filter in use stays.
func DeleteFilter(by Actor, f ipfilter.Filter, tokens int, kinds []string) error {
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
	return fault.New(fault.Conflict, `The IP filter "%s" is used by %s, so it cannot be deleted.`, f.Name, strings.Join(users, " and by "))
}

func policiesFor(kinds []string) string {
	noun := "the security policy for "
	if len(kinds) > 1 {
		noun = strconv.Itoa(len(kinds)) + " security policies, for "
	}
	return noun + strings.Join(kinds, ", ") + " tokens"
}

// A FilterEffect is what new rules of an IP filter do with a token, as far as can be known: at the
// address that it was last used from.
type FilterEffect int

// What new rules do. The zero FilterEffect is that nothing changes.
const (
	FilterKeeps   FilterEffect = iota
	FilterRefuses              // the address passes now, and would be refused
	FilterAdmits               // the address is refused now, and would pass
)

// Refiltering returns what the rules next do in the place of old with a token that was last used
// from an address. Of one that was never used nothing can be said. Rules that are nil cannot be
// read, and nobody passes them.
func Refiltering(old, next *ipfilter.Rules, from netip.Addr) FilterEffect {
	switch before, after := old.Allows(from), next.Allows(from); {
	case !from.IsValid() || before == after:
		return FilterKeeps
	case before:
		return FilterRefuses
	default:
		return FilterAdmits
	}
}
