package authority

import (
	"context"
	"errors"
	"strconv"

	"tokenscale/audit"
	"tokenscale/authority/index"
	"tokenscale/authority/rows"
	"tokenscale/store"
	"tokenscale/token"
)

// takeRoot makes the token that has the hash the only root token.
func (a *Authority) takeRoot(hash token.Hash) {
	key := a.keys.SealingID() // once: another may seal a moment later
	a.index.SetRoot(index.Root{Digest: a.keys.DigestHash(key, hash), Key: key})
}

// FirstRoot makes the root token of an empty store and returns its Secret,
// and true. If there is one already, or one is set from outside, or the store
// is not empty, it returns false. It asks the store itself, inside the
// transaction: another node may have been faster.
func (a *Authority) FirstRoot(ctx context.Context) (token.Secret, bool, error) {
	if _, ok := a.index.Root(); ok || a.byHash || a.index.Len() > 0 {
		return token.Secret{}, false, nil
	}
	s, err := a.setRoot(ctx, "firstStart", a.isEmpty)
	if errors.Is(err, errNotEmpty) {
		return token.Secret{}, false, nil
	}
	return s, err == nil, err
}

// errNotEmpty means that the store has a root token, or others, already.
var errNotEmpty = errors.New("the store is not empty")

// isEmpty returns errNotEmpty unless the store has no token at all.
func (a *Authority) isEmpty(r store.Reader) error {
	_, found, err := a.rows.Root.Get(r, rows.RootKey)
	if err == nil && !found {
		err = r.Scan(rows.TokensTable, store.Range{}, func([]byte, []byte) error {
			found = true
			return store.Stop
		})
	}
	if err == nil && found {
		err = errNotEmpty
	}
	return err
}

// ReplaceRoot makes a new root token; the old one is dead when this returns.
func (a *Authority) ReplaceRoot(ctx context.Context) (token.Secret, error) {
	return a.setRoot(ctx, "root-token", func(store.Reader) error { return nil })
}

// setRoot makes a new root token, unless may returns an error.
func (a *Authority) setRoot(ctx context.Context, action string, may func(store.Reader) error) (token.Secret, error) {
	s, err := token.MintFor(token.Root, a.random)
	if err != nil {
		return token.Secret{}, err
	}
	now := a.clock()
	err = a.store.Update(ctx, func(w store.Writer) error {
		if err := may(w); err != nil {
			return err
		}
		key := a.keys.SealingID() // asked here: one of before may be dropped by now
		if err := a.rows.Root.Put(w, rows.RootKey, rows.Root{Digest: a.keys.DigestHash(key, s.Hash()), Key: key, Since: now}); err != nil {
			return err
		}
		return a.ledger.Append(w, audit.Entry{
			Time: now, Type: audit.RootReplaced, Action: action, Sensitive: true,
			Actor: audit.System(), TokenID: string(token.Root),
		})
	}, store.UseReserve, store.Everywhere)
	if err != nil {
		return token.Secret{}, err
	}
	return s, nil
}

// StoreID returns the name of the store: up to 13 small letters and digits,
// chosen at random when it was made, and kept by its backups. The page's cookie
// is called after it, so that the browser keeps those of two servers on one
// host name apart. It is no secret.
func (a *Authority) StoreID() string { return strconv.FormatUint(a.storeID, 36) }
