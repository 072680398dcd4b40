//go:build bench

package authority

import (
	"context"
	"iter"
	"runtime"
	"slices"
	"sync"

	"tokenscale/ipfilter"
	"tokenscale/store"
	"tokenscale/token"
)

// Seed writes filters, and tokens batch by batch, straight into an empty
// store, without audit entries, so that a benchmark with a million tokens need
// not create them one by one. It exists under the build tag bench only.
func Seed(ctx context.Context, db store.DB, keys *Keys, filters []ipfilter.Filter, batches iter.Seq[[]token.Token]) error {
	r := newRecords(keys)
	bound := map[ipfilter.ID]uint64{}
	for batch := range batches {
		rows := sealed(keys, batch)
		if err := db.Update(ctx, func(w store.Writer) error {
			for _, row := range rows {
				if err := w.Put(tokensTable, row.Key, row.Value); err != nil {
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

// sealed makes rows of tokens, on all cores.
func sealed(keys *Keys, tokens []token.Token) []store.Row {
	rows := make([]store.Row, len(tokens))
	size := len(tokens)/runtime.GOMAXPROCS(0) + 1
	var work sync.WaitGroup
	at := 0
	for part := range slices.Chunk(tokens, size) {
		out := rows[at : at+len(part)]
		at += len(part)
		work.Go(func() {
			for i, t := range part {
				var p packer
				packToken(&p, t)
				out[i] = store.Row{Key: []byte(t.ID), Value: keys.seal(tokensTable, []byte(t.ID), p.out)}
			}
		})
	}
	work.Wait()
	return rows
}

// DigestFor returns the digest of s, and the key it is made under.
func (k *Keys) DigestFor(s token.Secret) (token.Digest, token.KeyID) {
	return k.current.digester.Digest(s), k.current.id
}

// TokenRows returns the table of tokens, for who measures the store below.
func TokenRows() store.Table { return tokensTable }
