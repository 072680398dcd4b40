//go:build bench

package authority

import (
	"context"
	"iter"
	"net/netip"
	"runtime"
	"sync"

	"tokenscale/authority/keyring"
	"tokenscale/ipfilter"
	"tokenscale/store"
	"tokenscale/token"
)

// Seed writes filters, and tokens batch by batch, straight into an empty
// store, without audit entries, so that a benchmark with a million tokens need
// not create them one by one. With used, each of them has been used once. It
// exists under the build tag bench only.
func Seed(ctx context.Context, db store.DB, keys *keyring.Keys, filters []ipfilter.Filter, batches iter.Seq[[]token.Token], used bool) error {
	r := newRecords(keys)
	bound := map[ipfilter.ID]uint64{}
	for batch := range batches {
		rows := sealed(keys, tokensTable, batch, packToken)
		if used {
			rows = append(rows, sealed(keys, usesTable, batch, func(p *packer, t token.Token) {
				packUse(p, use{t.CreatedAt, netip.AddrFrom4([4]byte{127, 0, 0, 1})})
			})...)
		}
		if err := db.Update(ctx, func(w store.Writer) error {
			for _, row := range rows {
				if err := w.Put(row.Table, row.Key, row.Value); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		for _, t := range batch {
			bound[t.FilterID]++
		}
	}
	return db.Update(ctx, func(w store.Writer) error {
		for _, f := range filters {
			if err := r.filters.put(w, string(f.ID), f); err != nil {
				return err
			}
			if err := r.bound.put(w, string(f.ID), bound[f.ID]); err != nil {
				return err
			}
		}
		return nil
	})
}

// sealed makes a row of a table for each token, on all cores.
func sealed(keys *keyring.Keys, t store.Table, tokens []token.Token, pack func(*packer, token.Token)) []store.Change {
	rows := make([]store.Change, len(tokens))
	workers := runtime.GOMAXPROCS(0)
	var work sync.WaitGroup
	for w := range workers {
		work.Go(func() {
			for i := w; i < len(tokens); i += workers {
				var p packer
				pack(&p, tokens[i])
				key := []byte(tokens[i].ID)
				rows[i] = store.Change{Table: t, Key: key, Value: keys.Seal(t, key, p.out)}
			}
		})
	}
	work.Wait()
	return rows
}

// TokenRows returns the table of tokens, for who measures the store below.
func TokenRows() store.Table { return tokensTable }
