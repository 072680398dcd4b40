//go:build bench

package rows

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
// store, without audit entries, and gives them the numbers from 1 on, so that a
// benchmark with a million tokens need not create them one by one. With used,
// each of them has been used once. It exists under the build tag bench only.
func Seed(ctx context.Context, db store.DB, keys *keyring.Keys, filters []ipfilter.Filter, batches iter.Seq[[]token.Token], used bool) error {
	r := New(keys)
	given := token.Number(0)
	for batch := range batches {
		for i := range batch {
			given++
			batch[i].Number = given
		}
		changes := sealed(r.Tokens, batch, keyOfToken, func(t token.Token) StoredToken { return StoredToken{Token: t} })
		changes = append(changes, sealed(r.Subjects, batch, func(t token.Token) string { return SubjectKey(t.Number, 0) }, func(t token.Token) token.ID {
			return t.ID
		})...)
		if used {
			changes = append(changes, sealed(r.Uses, batch, keyOfToken, func(t token.Token) Use {
				return Use{t.CreatedAt, netip.AddrFrom4([4]byte{127, 0, 0, 1})}
			})...)
		}
		if err := db.Update(ctx, func(w store.Writer) error {
			for _, row := range changes {
				if err := w.Put(row.Table, row.Key, row.Value); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return db.Update(ctx, func(w store.Writer) error {
		for _, f := range filters {
			if err := r.Filters.Put(w, string(f.ID), f); err != nil {
				return err
			}
		}
		return nil
	})
}

// sealed makes a row of a table for each token, on all cores.
func sealed[V any](t Table[V], tokens []token.Token, key func(token.Token) string, value func(token.Token) V) []store.Change {
	changes := make([]store.Change, len(tokens))
	workers := runtime.GOMAXPROCS(0)
	var work sync.WaitGroup
	for w := range workers {
		work.Go(func() {
			for i := w; i < len(tokens); i += workers {
				k := key(tokens[i])
				changes[i] = store.Change{Table: t.Name, Key: []byte(k), Value: t.Seal(k, value(tokens[i]))}
			}
		})
	}
	work.Wait()
	return changes
}
