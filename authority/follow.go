package authority

import (
	"tokenscale/authority/index"
	"tokenscale/authority/rows"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// breath is after how many changes of one transaction readers are let through.
// More than that are only in a sweep, whose changes need not be seen at once:
// the policy binds without them.
const breath = 64

// follow brings committed changes into the index. The store calls it in the
// order of the commits, before their callers get their answers.
func (a *Authority) follow(changes []store.Change) {
	a.index.Update(func(b index.Batch) {
		for i, c := range changes {
			if i%breath == breath-1 {
				b.Breathe()
			}
			if err := a.apply(b, c); err != nil {
				// We have just written it ourselves: this is a bug, and the
				// index now misses a change.
				a.log.Error("a committed row cannot be read back", "table", c.Table, "err", err)
			}
		}
	})
}

func (a *Authority) apply(b index.Batch, c store.Change) error {
	switch c.Table {
	case rows.TokensTable:
		if c.Value == nil {
			b.Drop(token.ID(c.Key))
			return nil
		}
		return apply(a.rows.Tokens, c, b.Put)
	case rows.FiltersTable:
		if c.Value == nil {
			a.index.DropFilter(ipfilter.ID(c.Key))
			return nil
		}
		return apply(a.rows.Filters, c, a.setFilter)
	case rows.SessionsTable:
		return a.sessions.apply(c)
	case rows.SettingsTable:
		return a.applySetting(c)
	}
	return nil
}

func (a *Authority) applySetting(c store.Change) error {
	switch string(c.Key) {
	case rows.PoliciesKey:
		return apply(a.rows.Policies, c, func(p policy.Policies) { a.index.SetPolicies(p) })
	case rows.RootKey:
		if a.byHash {
			return nil
		}
		return apply(a.rows.Root, c, func(r rows.Root) { a.index.SetRoot(index.Root{Digest: r.Digest, Key: r.Key}) })
	}
	return nil
}

func apply[V any](t rows.Table[V], c store.Change, to func(V)) error {
	v, err := t.Decode(c.Key, c.Value)
	if err == nil {
		to(v)
	}
	return err
}

func (a *Authority) setFilter(f ipfilter.Filter) {
	if !a.index.SetFilter(f) {
		a.log.Error("the rules of a stored IP filter cannot be read, so it lets nobody in", "ipFilterId", f.ID)
	}
}
