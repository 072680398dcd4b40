package authority

import (
	"context"

	"tokenscale/authority/index"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// agrees reports whether a row is what memory holds, as far as it holds rows of
// that kind. The error says why the row is not sound.
func (a *Authority) agrees(t store.Table, key, row []byte) (bool, error) {
	switch {
	case t == tokensTable:
		v, err := a.tokens.decode(key, row)
		e, known := a.index.Find(token.ID(key))
		return err != nil || known && e.Token() == v, err
	case t == filtersTable:
		v, err := a.filters.decode(key, row)
		f, known := a.index.Filter(ipfilter.ID(key))
		return err != nil || known && f == v, err
	case t == settingsTable && string(key) == policiesKey:
		v, err := a.policies.decode(key, row)
		return err != nil || a.index.Policies() == v, err
	case t == settingsTable && string(key) == rootKey && !a.byHash:
		v, err := a.root.decode(key, row)
		kept, known := a.index.Root()
		return err != nil || known && kept == index.Root{Digest: v.digest, Key: v.key}, err
	}
	return true, a.sound(t, key, row)
}

// looks is how often a row must differ from what memory holds.
const looks = 3

// foreign reports whether a row that differs from memory was written by
// somebody else. A change of our own is in the file a moment before memory has
// it, so a look counts only if memory stays as it is until everything that was
// in the file by then has reached it.
func (a *Authority) foreign(ctx context.Context, t store.Table, key []byte) (bool, error) {
	for range looks {
		same, before := true, a.held(t, key)
		err := a.store.View(ctx, func(r store.Reader) error {
			row, err := r.Get(t, key)
			if err == nil && row != nil {
				same, err = a.agrees(t, key, row)
			}
			return err
		})
		if err != nil || same {
			return false, err
		}
		if a.verifyOnly {
			return true, nil // no change of ours is on its way
		}
		if err := a.store.Update(ctx, func(store.Writer) error { return nil }, store.UseReserve); err != nil {
			return false, err
		}
		if a.held(t, key) != before {
			return false, nil // it is being changed; the next walk sees
		}
	}
	return true, nil
}

// held returns what is another value whenever memory has got another row.
func (a *Authority) held(t store.Table, key []byte) any {
	switch t {
	case tokensTable:
		e, _ := a.index.Find(token.ID(key))
		return e
	case filtersTable:
		return a.index.Rules(ipfilter.ID(key))
	}
	root, _ := a.index.Root()
	return struct {
		policies policy.Policies
		root     index.Root
	}{a.index.Policies(), root}
}
