package authority

import (
	"context"

	"tokenscale/audit"
	"tokenscale/authority/effects"
	"tokenscale/fault"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// CreateFilter makes an IP filter. It refuses with Invalid a name or rules
// that cannot be, and as Caller says. It is safe for concurrent
// use.
func (a *Authority) CreateFilter(ctx context.Context, by Caller, name, text string) (ipfilter.Filter, error) {
	id, err := token.NewID(a.random)
	if err != nil {
		return ipfilter.Filter{}, err
	}
	var made ipfilter.Filter
	err = a.once(ctx, by, filterCreation(name, text), func(t *tx, request string) error {
		if err := t.by.May(policy.AdministerSecurity()...); err != nil {
			return err
		}
		if made, err = checkedFilter(ipfilter.Filter{ID: ipfilter.ID(id), Name: name, Text: text, Request: request}); err != nil {
			return err
		}
		if err := t.rows.AddFilter(t, made); err != nil {
			return err
		}
		return t.record(audit.FilterChanged, token.Token{}, describedFilter(made))
	})
	return made, err
}

// UpdateFilter changes the name or the rules of a filter; nil leaves them. It
// binds at once for every token that uses the filter.
//
// It refuses with NotFound a filter that does not exist, with Invalid a name
// or rules that cannot be, with Forbidden the rules that bind by's own token.
// It is safe for concurrent use.
func (a *Authority) UpdateFilter(ctx context.Context, by Caller, id ipfilter.ID, name, text *string) (ipfilter.Filter, error) {
	var made ipfilter.Filter
	err := a.command(ctx, by, func(t *tx) error {
		var err error
		if made, err = t.changedFilter(id, name, text); err != nil {
			return err
		}
		if err := t.rows.Filters.Put(t, string(id), made); err != nil {
			return err
		}
		// This transaction is the first of its batch, so the index knows all that it can read.
		bound, _ := a.index.BoundTo(id, 0, 0)
		return t.record(audit.FilterChanged, token.Token{}, append(describedFilter(made), audit.Count("boundTokens", uint64(bound))))
	}, store.First, store.UseReserve, store.Everywhere)
	return made, err
}

// changedFilter returns what a filter becomes with another name or other rules, or why it cannot.
func (t *tx) changedFilter(id ipfilter.ID, name, text *string) (ipfilter.Filter, error) {
	if err := t.by.May(policy.AdministerSecurity()...); err != nil {
		return ipfilter.Filter{}, err
	}
	old, err := t.filter(id)
	if err != nil {
		return ipfilter.Filter{}, err
	}
	next := old
	if name != nil {
		next.Name = *name
	}
	if text != nil {
		next.Text = *text
	}
	if next.Text != old.Text {
		if err := t.by.MayEditFilter(id); err != nil {
			return ipfilter.Filter{}, err
		}
	}
	return checkedFilter(next)
}

// FilterImpact is what new rules of a filter would do with the tokens that it binds.
type FilterImpact struct {
	effects.Filter
	Tokens []TokenView // those of its page
}

// FilterImpact returns what UpdateFilter would do with the tokens that the filter binds, at the
// addresses from which they were last used, and refuses what UpdateFilter would refuse. It changes
// nothing.
func (a *Authority) FilterImpact(ctx context.Context, by policy.Actor, id ipfilter.ID, name, text *string, skip, limit int) (FilterImpact, error) {
	if err := policy.Page(skip, limit); err != nil {
		return FilterImpact{}, err
	}
	now := a.clock()
	next, err := try(ctx, a, by, now, func(t *tx) (ipfilter.Filter, error) { return t.changedFilter(id, name, text) })
	if err != nil {
		return FilterImpact{}, err
	}
	rules, err := ipfilter.Parse(next.Text)
	if err != nil {
		return FilterImpact{}, err
	}
	a.noteRead(by, filterImpactRead)
	_, bound := a.index.BoundTo(id, 0, a.index.Len())
	out := FilterImpact{Filter: effects.FilterOf(a.index.Rules(id), rules, bound, skip, limit)}
	for _, m := range out.Page {
		out.Tokens = append(out.Tokens, a.view(m.Entry, now))
	}
	return out, nil
}

// DeleteFilter removes a filter. It refuses with Conflict one that a token or
// a policy uses, with NotFound one that does not exist. It is safe for
// concurrent use.
func (a *Authority) DeleteFilter(ctx context.Context, by Caller, id ipfilter.ID) error {
	return a.command(ctx, by, func(t *tx) error {
		if err := t.by.May(policy.AdministerSecurity()...); err != nil {
			return err
		}
		f, err := t.filter(id)
		if err != nil {
			return err
		}
		// This transaction is the first of its batch, so the index knows all that it can read.
		tokens, _ := a.index.BoundTo(id, 0, 0)
		if err := policy.DeleteFilter(t.by, f, tokens, t.rows.History.Enforcing(id)); err != nil {
			return err
		}
		if err := t.rows.RemoveFilter(t, f); err != nil {
			return err
		}
		return t.record(audit.FilterChanged, token.Token{}, describedFilter(f))
	}, store.First, store.UseReserve)
}

// checkedFilter refuses what no filter can be: both inputs at once if both
// are wrong.
func checkedFilter(f ipfilter.Filter) (ipfilter.Filter, error) {
	name, badName := policy.Name("name", f.Name)
	_, badText := policy.FilterText("ipFilter", f.Text)
	f.Name = name
	return f, fault.Inputs(badName, badText)
}

func describedFilter(f ipfilter.Filter) []audit.Field {
	return []audit.Field{audit.One("ipFilterId", string(f.ID)), audit.One("ipFilterName", f.Name), audit.One("actionData", f.Text)}
}
