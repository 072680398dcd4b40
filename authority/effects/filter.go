package effects

import (
	"net/netip"

	"tokenscale/authority/index"
	"tokenscale/ipfilter"
	"tokenscale/policy"
)

// Filter is what new rules of an IP filter would do with the tokens that it binds.
type Filter struct {
	Total             int // how many it binds
	Refused, Admitted int
	Page              []Moved
}

// Moved is a token that would be refused, or newly admitted, at the address it was last used from.
type Moved struct {
	index.Entry
	From   netip.Addr
	Effect policy.FilterEffect
}

// FilterOf returns what the rules next would do in the place of old with the tokens bound, and one
// page of those for which something changes, in the order in which they come. Rules are nil where
// they cannot be read: then nobody passes.
func FilterOf(old, next *ipfilter.Rules, bound []index.Entry, skip, limit int) Filter {
	out := Filter{Total: len(bound), Page: []Moved{}}
	for _, e := range bound {
		from := e.LastUse().From
		effect := policy.Refiltering(old, next, from)
		switch effect {
		case policy.FilterRefuses:
			out.Refused++
		case policy.FilterAdmits:
			out.Admitted++
		default:
			continue
		}
		if n := out.Refused + out.Admitted; n > skip && n <= skip+limit {
			out.Page = append(out.Page, Moved{e, from, effect})
		}
	}
	return out
}
