//go:build bench

package authority

import (
	"context"

	"tokenscale/ipfilter"
	"tokenscale/store"
	"tokenscale/token"
)

// Seed writes tokens and filters straight into an empty store, without audit
// entries, so that a benchmark with a million tokens need not create them one
// by one. It exists under the build tag bench only.
func Seed(ctx context.Context, db store.DB, keys *Keys, filters []ipfilter.Filter, tokens []token.Token) error {
	r := newRecords(keys)
	bound := map[ipfilter.ID]uint64{}
	for len(tokens) > 0 {
		batch := tokens[:min(len(tokens), 5000)]
		tokens = tokens[len(batch):]
		if err := db.Update(ctx, func(w store.Writer) error {
			for _, t := range batch {
				if err := r.tokens.put(w, string(t.ID), t); err != nil {
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

// DigestFor returns the digest of s, and the key it is made under.
func (k *Keys) DigestFor(s token.Secret) (token.Digest, token.KeyID) {
	return k.current.digester.Digest(s), k.current.id
}
