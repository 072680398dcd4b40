package rekey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/store"
	"tokenscale/token"
)

// A Use says what one key of the key file is used for.
type Use struct {
	ID     token.KeyID
	Seals  bool // all that is new
	Waits  bool // it is newer than that, and seals nothing before a rotation
	Old    bool // it is older, and marked so: it seals nothing any more
	Rows   int  // sealed under it
	Tokens int  // whose digests were made under it
	Root   bool // so was that of the root token
}

// Idle reports whether nothing needs the key any more.
func (u Use) Idle() bool { return !u.Seals && !u.Waits && u.unused() }

func (u Use) unused() bool { return u.Rows == 0 && u.Tokens == 0 && !u.Root }

// Uses says of each key, as they stand in the key file, what in the
// store is under it. It refuses a store with a row that is not sound.
func Uses(ctx context.Context, r store.Reader, keys *keyring.Keys) ([]Use, error) {
	all := rows.New(keys)
	if err := all.Heed(r); err != nil {
		return nil, err
	}
	lines := keys.Lines()
	sealing := slices.IndexFunc(lines, func(l keyring.Line) bool { return l.ID == keys.SealingID() })
	uses, at := make([]Use, len(lines)), map[token.KeyID]*Use{}
	for i, line := range lines {
		uses[i] = Use{ID: line.ID, Seals: i == sealing, Waits: i < sealing, Old: line.Old}
		at[line.ID] = &uses[i]
	}
	for _, t := range rows.Tables() {
		if err := r.Scan(t, store.Range{}, func(key, row []byte) error {
			if err := all.Sound(t, key, row); err != nil {
				return err
			}
			if u := at[keyring.KeyOf(row)]; u != nil { // or it was added meanwhile
				u.Rows++
			}
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
	if last := len(uses) - 1; len(ids) == 0 && len(given) == 0 && !uses[last].Seals {
		u := uses[slices.IndexFunc(uses, func(u Use) bool { return u.Seals })+1]
		return nil, fmt.Errorf("%w: there is no old key that nothing needs; %v is needed %s", ErrKeyInUse, u.ID, u.Needs())
	}
	for _, id := range given {
		u, ok := known[id]
		switch {
		case !ok:
			return nil, fmt.Errorf("the key file has no key %v", id)
		case u.Seals || !u.unused():
			return nil, fmt.Errorf("%w: %v is needed %s", ErrKeyInUse, id, u.Needs())
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// Needs says in words what needs the key.
func (u Use) Needs() string {
	switch what := plural(u.Tokens, "token"); {
	case u.Seals:
		return "to seal rows, as it seals all that is new"
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
