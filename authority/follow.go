package authority

import (
	"tokenscale/authority/index"
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
	a.witness.follow(changes)
	if a.export != nil {
		a.export.wake()
	}
	if a.reached != nil {
		a.reached.follow(changes)
	}
}

func (a *Authority) apply(b index.Batch, c store.Change) error {
	switch c.Table {
	case tokensTable:
		if c.Value == nil {
			b.Drop(token.ID(c.Key))
			return nil
		}
		return apply(a.tokens, c, b.Put)
	case filtersTable:
		if c.Value == nil {
			a.index.DropFilter(ipfilter.ID(c.Key))
			return nil
		}
		return apply(a.filters, c, a.setFilter)
	case sessionsTable:
		return a.sessions.apply(c)
	case settingsTable:
		return a.applySetting(c)
	}
	return nil
}

func (a *Authority) applySetting(c store.Change) error {
	switch string(c.Key) {
	case policiesKey:
		return apply(a.policies, c, func(p policy.Policies) { a.index.SetPolicies(p) })
	case rootKey:
		if a.byHash {
			return nil
		}
		return apply(a.root, c, func(r root) { a.index.SetRoot(index.Root{Digest: r.digest, Key: r.key}) })
	}
	return nil
}

func apply[V any](t table[V], c store.Change, to func(V)) error {
	v, err := t.decode(c.Key, c.Value)
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
