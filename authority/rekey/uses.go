package rekey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"

	"tokenscale/audit"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/store"
	"tokenscale/token"
)

// A Use says what one key of the key file is used for.
type Use struct {
	ID     token.KeyID
	Newest bool
	Old    bool // it seals nothing any more
	Rows   int  // sealed under it
	Tokens int  // whose digests were made under it
	Root   bool // so was that of the root token
}

// Idle reports whether nothing needs the key any more.
func (u Use) Idle() bool { return !u.Newest && u.Rows == 0 && u.Tokens == 0 && !u.Root }

// Uses says of each key, as they stand in the key file, what in the
// store is under it. It refuses a store with a row that is not sound.
func Uses(ctx context.Context, r store.Reader, keys *keyring.Keys) ([]Use, error) {
	lines := keys.Lines()
	uses, at := make([]Use, len(lines)), map[token.KeyID]*Use{}
	for i, line := range lines {
		uses[i] = Use{ID: line.ID, Newest: i == 0, Old: line.Old}
		at[line.ID] = &uses[i]
	}
	all, r := rows.New(keys), r
	for _, t := range rows.Tables() {
		if err := r.Scan(t, store.Range{}, func(key, row []byte) error {
			if err := all.Sound(t, key, row); err != nil {
				return err
			}
			at[keyring.KeyOf(row)].Rows++
			return ctx.Err()
		}); err != nil {
			return nil, err
		}
	}
	root, ok, err := all.Root.Get(r, rows.RootKey)
	if u := at[root.Key]; ok && u != nil {
		u.Root = true
	}
	return uses, cmp.Or(err, all.Tokens.Each(r, store.Range{}, func(_ []byte, v rows.StoredToken) error {
		if u := at[v.DigestKey]; u != nil {
			u.Tokens++
		}
		return nil
	}))
}

// ErrKeyInUse means that something needs a key that was to be dropped.
var ErrKeyInUse = errors.New("the key is in use")

// Drop takes the keys out of the key file, or if none are given all that
// nothing needs any more, and returns which. It refuses, with an error that
// wraps ErrKeyInUse, to drop one that something in the store needs.
func Drop(ctx context.Context, c Change, ids ...token.KeyID) ([]token.KeyID, error) {
	f, keys, err := c.examine(ctx)
	if err != nil {
		return nil, err
	}
	if f.Unfinished() {
		return nil, fmt.Errorf("%w: rows may still be sealed under another key than the newest; finish the rotation first, with tokenscale key rotate", ErrKeyInUse)
	}
	var uses []Use
	if err := c.DB.View(ctx, func(r store.Reader) (err error) {
		uses, err = Uses(ctx, r, keys)
		return err
	}); err != nil {
		return nil, err
	}
	if ids, err = droppable(uses, ids); err != nil || len(ids) == 0 {
		return nil, err
	}
	left, err := f.Without(ids)
	if err != nil {
		return nil, err
	}
	return ids, c.putKeys(ctx, left, keys, ids)
}

// droppable returns which of the keys can be dropped: those given, or else all
// that are idle.
func droppable(uses []Use, given []token.KeyID) (ids []token.KeyID, err error) {
	known := map[token.KeyID]Use{}
	for _, u := range uses {
		known[u.ID] = u
		if len(given) == 0 && u.Idle() {
			ids = append(ids, u.ID)
		}
	}
	if len(ids) == 0 && len(given) == 0 && len(uses) > 1 {
		u := uses[1]
		return nil, fmt.Errorf("%w: there is no old key that nothing needs; %v is needed %s", ErrKeyInUse, u.ID, u.Needs())
	}
	for _, id := range given {
		u, ok := known[id]
		switch {
		case !ok:
			return nil, fmt.Errorf("the key file has no key %v", id)
		case !u.Idle():
			return nil, fmt.Errorf("%w: %v is needed %s", ErrKeyInUse, id, u.Needs())
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// Needs says in words what needs the key.
func (u Use) Needs() string {
	switch what := plural(u.Tokens, "token"); {
	case u.Newest:
		return "to seal rows, since it is the newest"
	case u.Rows > 0:
		return "to open " + plural(u.Rows, "row")
	case u.Root && u.Tokens > 0:
		return "to verify " + what + " and the root token"
	case u.Root:
		return "to verify the root token"
	case u.Tokens > 0:
		return "to verify " + what
	}
	return "by nothing"
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// putKeys replaces the key file by one without the keys ids, with an entry.
func (c Change) putKeys(ctx context.Context, f keyring.File, keys *keyring.Keys, ids []token.KeyID) error {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = id.String()
	}
	s, err := f.Stage(c.KeyFile)
	if err != nil {
		return err
	}
	if err := c.record(ctx, keys, audit.KeysDropped, audit.Many("keys", names)); err != nil {
		return errors.Join(err, s.Drop())
	}
	return s.Commit()
}
