package index

import (
	"log/slog"

	"tokenscale/authority/rows"
	"tokenscale/ipfilter"
	"tokenscale/store"
)

// A follower brings committed changes into an Index.
type follower struct {
	*Index
	rows        *rows.Rows
	log         *slog.Logger
	foreignRoot bool
}

// Follow has x follow the changes of db from now on. With foreignRoot the root
// token is known from outside, and what the store holds of one is left out.
//
// A row that does not open is not believed: its token or filter is refused until
// it is written anew, and without policies, or without the root token, nothing is
// allowed, or nobody is root.
func (x *Index) Follow(db interface{ Follow(func([]store.Change)) }, all *rows.Rows, log *slog.Logger, foreignRoot bool) {
	f := &follower{x, all, log, foreignRoot}
	db.Follow(f.follow)
}

// follow is called in the order of the commits, before their callers get their
// answers.
func (f *follower) follow(changes []store.Change) {
	f.Update(func(b *Batch) {
		for _, c := range changes {
			if err := f.apply(b, c); err != nil {
				// We have written it ourselves, so this is a bug; or, on a store
				// with several nodes, another one has other keys.
				f.log.Error("a committed row cannot be read back; what it concerns is refused", "table", c.Table, "err", err)
				f.distrust(b, c)
			}
		}
	})
	for _, c := range changes { // other nodes tell of uses; one that cannot be read is no news
		if c.Table == rows.UsesTable && c.Value != nil {
			n, inGrace, _ := rows.ParseTokenKey(c.Key)
			_ = decoded(f.rows.Uses, c, func(u rows.Use) { f.learn(n, inGrace, u) })
		}
	}
}

func (f *follower) apply(b *Batch, c store.Change) error {
	switch c.Table {
	case rows.TokensTable:
		if n, inGrace, _ := rows.ParseTokenKey(c.Key); c.Value == nil {
			b.DropRow(n, inGrace)
			return nil
		}
		s, err := f.rows.Tokens.Decode(c.Key, c.Value)
		if err != nil {
			return err
		}
		return b.putStored(f.rows, s)
	case rows.FiltersTable:
		if c.Value == nil {
			b.DropFilter(ipfilter.ID(c.Key))
			return nil
		}
		return decoded(f.rows.Filters, c, func(v ipfilter.Filter) { b.setFilterOf(v, f.log) })
	case rows.SettingsTable:
		return f.applySetting(b, c)
	}
	return nil
}

func (f *follower) applySetting(b *Batch, c store.Change) error {
	switch string(c.Key) {
	case rows.PoliciesKey:
		return decoded(f.rows.Policies, c, b.SetHistory)
	case rows.RootKey:
		if f.foreignRoot {
			return nil
		}
		return decoded(f.rows.Root, c, func(r rows.Root) { b.SetRoot(&Root{Digest: r.Digest, Key: r.Key}) })
	}
	return nil
}

// distrust has refused what a row that does not open concerns.
func (f *follower) distrust(b *Batch, c store.Change) {
	switch {
	case c.Table == rows.TokensTable:
		n, inGrace, _ := rows.ParseTokenKey(c.Key)
		b.DistrustRow(n, inGrace)
	case c.Table == rows.FiltersTable:
		b.DistrustFilter(ipfilter.ID(c.Key))
	case c.Table == rows.SettingsTable && string(c.Key) == rows.PoliciesKey:
		b.DistrustPolicies()
	case c.Table == rows.SettingsTable && string(c.Key) == rows.RootKey && !f.foreignRoot:
		b.SetRoot(nil)
	}
}

// putStored puts a token as it is by the history of the policies.
func (b *Batch) putStored(all *rows.Rows, s rows.StoredToken) error {
	v, alive, err := rows.Present{Rows: all, History: b.p.history}.Now(s)
	switch {
	case err != nil:
		return err
	case alive:
		b.Put(v)
	default:
		b.DropRow(s.Number, s.InGrace())
	}
	return nil
}

func decoded[V any](t rows.Table[V], c store.Change, to func(V)) error {
	v, err := t.Decode(c.Key, c.Value)
	if err == nil {
		to(v)
	}
	return err
}

func (b *Batch) setFilterOf(v ipfilter.Filter, log *slog.Logger) {
	if !b.SetFilter(v) {
		log.Error("the rules of a stored IP filter cannot be read, so it lets nobody in", "ipFilterId", v.ID)
	}
}
