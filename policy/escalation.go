package policy

import (
	"strings"

	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/token"
)

// Nobody may come to more than they have: not by granting it to a token whose
// string they are then shown, nor by loosening what binds their own token.

// MayIssue returns nil if the actor may be shown the string of t: t can do no
// more than the actor, from no more places, and for no longer.
func (a Actor) MayIssue(t token.Token) error {
	if err := a.mayGrant(t.Permissions); err != nil {
		return err
	}
	return a.mayReach(t)
}

// MayRegrant returns nil if the actor may change the permissions of t to the
// given ones. Taking away is always allowed; adding is issuing.
func (a Actor) MayRegrant(t token.Token, to permission.Set) error {
	added := to.Minus(t.Permissions)
	if added == 0 {
		return nil
	}
	if err := a.mayGrant(added); err != nil {
		return err
	}
	return a.mayReach(t)
}

func (a Actor) mayGrant(granted permission.Set) error {
	lacking := granted.Minus(a.Permissions)
	if a.Root || lacking == 0 {
		return nil
	}
	var labels []string
	for p := range lacking.Each() {
		labels = append(labels, p.Label())
	}
	if lacking != lacking.Known() {
		labels = append(labels, "what a later version of the server knows")
	}
	return fault.New(fault.Forbidden, "You may grant only permissions you hold yourself. You lack: %s.", strings.Join(labels, ", "))
}

// mayReach asks whether t is bound at least as tightly as the actor.
func (a Actor) mayReach(t token.Token) error {
	if a.Root {
		return nil
	}
	if a.FilterID != "" && t.FilterID != a.FilterID {
		return fault.New(fault.Forbidden, "Your own token is bound to the IP filter %s, so a token you issue must have the same filter.", a.FilterID)
	}
	if t.Outlives(a.ExpireAt) {
		return fault.New(fault.Forbidden, "Your own token expires at %s, so a token you issue must expire no later.", a.ExpireAt)
	}
	return nil
}

// MayEditFilter returns nil if the actor may change the rules of the filter
// id. A token may not edit the filter that binds itself: it could let itself
// in from anywhere, or lock itself out.
func (a Actor) MayEditFilter(id ipfilter.ID) error {
	if a.Root || a.FilterID == "" || a.FilterID != id {
		return nil
	}
	return fault.New(fault.Forbidden, "Your own token is bound to this IP filter, so you may not change its rules. Use a token with another filter, or root.")
}

// MayEnforceFilter returns nil if the actor may enforce the filter id on all
// tokens, and so on its own.
func (a Actor) MayEnforceFilter(id ipfilter.ID) error {
	if a.Root || a.FilterID == "" || id == "" || a.FilterID == id {
		return nil
	}
	return fault.New(fault.Forbidden, "Your own token is bound to the IP filter %s, so you may not enforce another one. Use a token without a filter, or root.", a.FilterID)
}
