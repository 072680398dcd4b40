package policy

import (
	"tokenscale/ipfilter"
)

// A Security is the security policy for one kind of token. The zero Security
// forbids all tokens.
type Security struct {
	Enabled      bool
	MaxAgeMs     int64       // longest life in milliseconds, from creation; 0 means no limit
	FilterID     ipfilter.ID // the filter every token must have; empty means none is enforced
	AllowUpdates bool        // whether permissions of existing tokens may change
}

// Policies are the security policies for all kinds of tokens. Only System is
// applied here; the others are kept for clients that set and read them.
type Policies struct {
	System, Organization, View, Personal Security
}

// Fresh returns the policies of a new installation: every kind enabled, no
// permission updates, no maximum, no enforced filter.
func Fresh() Policies {
	open := Security{Enabled: true}
	return Policies{System: open, Organization: open, View: open, Personal: open}
}

// The names of the kinds of tokens, as the audit log and the API write them.
const (
	KindSystem       = "system"
	KindOrganization = "organization"
	KindView         = "view"
	KindPersonal     = "personal"
)

// A Kind is the policy of one kind of token with the kind's name.
type Kind struct {
	Name string
	Security
}

// Kinds returns the policies with their names, in a fixed order.
func (p Policies) Kinds() []Kind {
	return []Kind{
		{KindPersonal, p.Personal}, {KindView, p.View},
		{KindOrganization, p.Organization}, {KindSystem, p.System},
	}
}

// Enforcing returns the names of the kinds on which the filter id is enforced.
func (p Policies) Enforcing(id ipfilter.ID) []string {
	names := []string{}
	for _, k := range p.Kinds() {
		if k.FilterID == id {
			names = append(names, k.Name)
		}
	}
	return names
}
