//go:build bench

package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/store"
	"tokenscale/token"
)

// anew begins the names of tokens that came in place of others.
const anew = "anew-"

// replaceHalf deletes every second token, in no order, and makes another in its
// place, of another name, as a fleet does that gets new machines: what the
// index takes for tokens that are gone shows only then.
func replaceHalf(ctx context.Context, db store.DB, keys *keyring.Keys) error {
	r, next := rows.New(keys), token.Number(0)
	gone := func(_ rows.Present, t rows.StoredToken) bool {
		return t.ID[0]%2 == 0 && !strings.HasPrefix(t.Name, anew)
	}
	err := r.WalkTokens(ctx, db, 10_000, gone, func(w store.Writer, p rows.Present, old rows.StoredToken) (err error) {
		if next == 0 {
			if next, err = r.NextNumber(w); err != nil {
				return err
			}
		}
		made := old.Token
		id, secret, err := token.Mint(rand.Reader)
		if err != nil {
			return err
		}
		made.ID, made.Name, made.Number = id, fmt.Sprintf("%s%d", anew, next), next
		made.Digest = keys.Digest(made.DigestKey, secret)
		next++
		if err := r.RemoveStored(w, old.Token); err != nil {
			return err
		}
		if err := r.Subjects.Put(w, rows.SubjectKey(made.Number, 0), made.ID); err != nil {
			return err
		}
		return p.AddToken(w, made)
	})
	if err != nil {
		return err
	}
	// The store keeps its last batch until the next one, and that was large.
	return db.Update(ctx, func(w store.Writer) error { return r.Subjects.Put(w, rows.SubjectKey(next, 0), token.Root) })
}
