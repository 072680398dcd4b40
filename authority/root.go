package authority

import (
	"context"

	"tokenscale/audit"
	"tokenscale/authority/index"
	"tokenscale/authority/rows"
	"tokenscale/store"
	"tokenscale/token"
)

// takeRoot makes the token that has the hash the only root token.
func (a *Authority) takeRoot(hash token.Hash) {
	a.byHash = true
	a.index.SetRoot(index.Root{Digest: a.keys.DigestHash(a.keys.NewestID(), hash), Key: a.keys.NewestID()})
}

// FirstRoot makes the root token of an empty store and returns its Secret,
// and true. If there is one already, or one is set from outside, or the store
// is not empty, it returns false.
func (a *Authority) FirstRoot(ctx context.Context) (token.Secret, bool, error) {
	if _, ok := a.index.Root(); ok || a.byHash || a.index.Len() > 0 {
		return token.Secret{}, false, nil
	}
	s, err := a.setRoot(ctx, "firstStart")
	return s, err == nil, err
}

// ReplaceRoot makes a new root token; the old one is dead when this returns.
func (a *Authority) ReplaceRoot(ctx context.Context) (token.Secret, error) {
	return a.setRoot(ctx, "root-token")
}

func (a *Authority) setRoot(ctx context.Context, action string) (token.Secret, error) {
	s, err := token.MintFor(token.Root, a.random)
	if err != nil {
		return token.Secret{}, err
	}
	now := a.clock()
	digest := a.keys.DigestHash(a.keys.NewestID(), s.Hash())
	err = a.store.Update(ctx, func(w store.Writer) error {
		if err := a.rows.Root.Put(w, rows.RootKey, rows.Root{Digest: digest, Key: a.keys.NewestID(), Since: now}); err != nil {
			return err
		}
		return a.ledger.Append(w, audit.Entry{
			Time: now, Type: audit.RootReplaced, Action: action, Sensitive: true,
			Actor: audit.System(), TokenID: string(token.Root),
		})
	})
	if err != nil {
		return token.Secret{}, err
	}
	return s, nil
}
