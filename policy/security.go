package policy

import (
	"net/netip"

	"tokenscale/epoch"
	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/token"
)

// A Change is what somebody asks the security policies to become.
type Change struct {
	Personal, View, Organization KindChange
	System                       SystemChange
}

// A KindChange replaces the policy of one kind of token. A nil maximum or
// filter means none.
type KindChange struct {
	Enabled      bool
	MaxAgeMs     *int64
	FilterID     *ipfilter.ID
	AllowUpdates bool
}

// A SystemChange is the part of a Change that is about system tokens. All
// four fields are optional in LogScale's API; nil is absent or null.
type SystemChange struct {
	Enabled      *bool
	MaxAgeMs     *int64
	FilterID     *ipfilter.ID
	AllowUpdates *bool
}

// Apply returns the policies after c on top of p. It does not know whether
// the filters exist.
//
// If all of c.System is absent the system policy stays. If Enabled is given
// the whole block is replaced, and what is absent is none or off. Anything
// between would leave open what the caller meant, and is refused.
func (c Change) Apply(p Policies) (Policies, error) {
	if err := c.check(); err != nil {
		return Policies{}, err
	}
	p.Personal, p.View, p.Organization = c.Personal.security(), c.View.security(), c.Organization.security()
	if s := c.System; s.Enabled != nil {
		p.System = KindChange{*s.Enabled, s.MaxAgeMs, s.FilterID, value(s.AllowUpdates)}.security()
	}
	return p, nil
}

func (k KindChange) security() Security {
	return Security{Enabled: k.Enabled, MaxAgeMs: value(k.MaxAgeMs), FilterID: value(k.FilterID), AllowUpdates: k.AllowUpdates}
}

func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// A Part is a part of the policy of one kind of token that a refusal may be about.
type Part string

// The parts.
const (
	EnabledPart Part = "enabled"
	MaxAgePart  Part = "maxAge"
	FilterPart  Part = "filter"
)

// Input returns the name by which a refusal speaks of a part of the policy of a kind of token,
// such as "system.maxAge". What clients call that input is the affair of the API.
func Input(kind string, p Part) string { return kind + "." + string(p) }

// check finds what no policy could be.
func (c Change) check() error {
	s := c.System
	errs := []error{
		checkKind(KindPersonal, c.Personal.MaxAgeMs, c.Personal.FilterID),
		checkKind(KindView, c.View.MaxAgeMs, c.View.FilterID),
		checkKind(KindOrganization, c.Organization.MaxAgeMs, c.Organization.FilterID),
		checkKind(KindSystem, s.MaxAgeMs, s.FilterID),
	}
	if s.Enabled == nil && (s.MaxAgeMs != nil || s.FilterID != nil || s.AllowUpdates != nil) {
		errs = append(errs, fault.Input(Input(KindSystem, EnabledPart), "Say whether system tokens are enabled when you change any other part of their policy: the whole policy is replaced."))
	}
	return fault.Inputs(errs...)
}

// checkKind refuses a maximum of nothing and a filter without an id: taken
// for "no limit" they would loosen what somebody meant to tighten.
func checkKind(kind string, maxAgeMs *int64, filter *ipfilter.ID) error {
	var errs []error
	if maxAgeMs != nil && *maxAgeMs < 1 {
		errs = append(errs, fault.Input(Input(kind, MaxAgePart), "A maximum life of %d ms is not possible; it must be at least 1. Leave it out for no maximum.", *maxAgeMs))
	}
	if filter != nil && *filter == "" {
		errs = append(errs, fault.Input(Input(kind, FilterPart), "There is no IP filter with an empty id. Leave it out to enforce none."))
	}
	return fault.Inputs(errs...)
}

// Set decides whether by may replace the policies old by next. own is the
// actor's token as it is under old; it means nothing for root.
//
// The new policy is tried on the actor's own token first, and refused if it
// would shut its author out.
func Set(by Actor, own token.Token, old, next Policies, filters Filters, now epoch.Millis) error {
	if err := by.May(AdministerSecurity()...); err != nil {
		return err
	}
	if by.Root {
		return nil
	}
	if next.System.FilterID != old.System.FilterID {
		if err := by.MayEnforceFilter(next.System.FilterID); err != nil {
			return err
		}
	}
	return next.System.spares(own, filters, by.IP, now)
}

// spares refuses a policy under which own would be of no use to its holder.
func (s Security) spares(own token.Token, filters Filters, from netip.Addr, now epoch.Millis) error {
	outcome := Expired
	after, verdict := s.Judge(own, now)
	switch {
	case !s.Enabled:
		outcome = Disabled
	case verdict != Delete:
		_, outcome = s.Usable(after, filters, from, now)
	}
	why := ""
	switch outcome {
	case Accepted:
		return nil
	case Disabled:
		why = "it allows no system tokens"
	case Expired:
		why = "your token is older than the maximum life it sets"
	case Filtered, Unreadable:
		why = "its IP filter does not let in the address you are calling from"
	default:
		why = "its IP filter cannot be read"
	}
	return fault.New(fault.Conflict, "This policy would shut out your own token: %s. Nothing was changed. Use root for such a change.", why)
}
