package rekey

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rollback"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/store"
	"tokenscale/token"
)

// Change is what the rotation, and the dropping, of keys works with. No
// server may have the store open. All but StateFile are needed.
type Change struct {
	DB        store.DB // opened with Tables
	KeyFile   string
	StateFile string // the record beside the key file; see Options
	Random    io.Reader
	Now       epoch.Millis
}

// Rotate gives the store a new key, unless the key file has one already, and seals every row under
// it. It refuses a store that is not sound, or older than it was, and with [keyring.ErrBusy] while
// another command changes the key file. Whenever it is cut off, the store can be used, and another
// call goes on.
func Rotate(ctx context.Context, c Change) (done Rotated, err error) {
	err = keyring.Holding(c.KeyFile, func() error {
		done, err = c.rotate(ctx)
		return err
	})
	return done, err
}

func (c Change) rotate(ctx context.Context) (done Rotated, err error) {
	f, keys, err := c.examine(ctx)
	if err != nil {
		return Rotated{}, err
	}
	if keys.Said() == (keyring.Sealing{}) {
		return Rotated{}, errors.New("no server was ever started on this store: its first start decides about the keys")
	}
	if _, newer := keys.Next(); !newer && keys.Said().Done {
		if unmarked(f) {
			return Rotated{Key: keys.SealingID(), Resumed: true}, c.mark(keys)
		}
		if keys, err = c.addKey(f, keys.Said()); err != nil {
			return Rotated{}, err
		}
	}
	if done, err = c.turn(keys).Rotate(ctx); err != nil {
		return done, err
	}
	return done, c.mark(keys)
}

// unmarked reports whether a key behind the first is not marked as an old one.
func unmarked(f keyring.File) bool {
	keys, err := f.Keys()
	return err == nil && slices.ContainsFunc(keys.Lines()[1:], func(l keyring.Line) bool { return !l.Old })
}

// mark ends a rotation: what is beside the store heeds it for later starts.
func (c Change) mark(keys *keyring.Keys) error {
	if err := c.resealState(keys); err != nil {
		return err
	}
	return Mark(c.KeyFile, keys.SealingID())
}

// Mark marks all keys of a key file as old that are older than the one with the id, which seals all
// rows. The caller holds the file; see [keyring.Holding].
func Mark(keyFile string, id token.KeyID) error {
	f, err := keyring.ReadFile(keyFile)
	if err != nil {
		return err
	}
	next, err := f.Outdated(id)
	if err != nil {
		return fmt.Errorf("%s: %w", keyFile, err)
	}
	return next.Replace(keyFile)
}

// Marked does what Mark does, if an earlier run was cut off before that. It refuses with
// ErrNoNewKey if nothing is to be marked. The caller holds the file.
func Marked(keyFile string, id token.KeyID) (Rotated, error) {
	f, err := keyring.ReadFile(keyFile)
	if err != nil {
		return Rotated{}, err
	}
	next, err := f.Outdated(id)
	if err != nil {
		return Rotated{}, fmt.Errorf("%s: %w", keyFile, err)
	}
	switch newest, err := f.Keys(); {
	case err == nil && newest.SealingID() != id:
		return Rotated{}, fmt.Errorf("the server does not have the newest key of %s: give its own key file, or see in its log why it was not taken", keyFile)
	case next.Equal(f):
		return Rotated{}, ErrNoNewKey
	}
	return Rotated{Key: id, Resumed: true}, next.Replace(keyFile)
}

// Add puts a new key into a key file, in front of the others, and returns its id. It seals nothing
// until a rotation. It refuses with [keyring.ErrBusy] while another command changes the file.
func Add(keyFile string, random io.Reader) (id token.KeyID, err error) {
	err = keyring.Holding(keyFile, func() error {
		id, err = add(keyFile, random)
		return err
	})
	return id, err
}

func add(keyFile string, random io.Reader) (token.KeyID, error) {
	f, err := keyring.ReadFile(keyFile)
	if err != nil {
		return 0, err
	}
	if f, err = f.WithNew(random); err != nil {
		return 0, err
	}
	keys, err := f.Keys()
	if err != nil {
		return 0, err
	}
	return keys.Lines()[0].ID, f.Replace(keyFile)
}

// Drop takes the keys out of the key file, or if none are given all that nothing needs any more,
// and returns which. It refuses, with an error that wraps ErrKeyInUse, to drop one that something
// in the store needs, and with [keyring.ErrBusy] while another command changes the file.
func Drop(ctx context.Context, c Change, ids ...token.KeyID) ([]token.KeyID, error) {
	_, keys, err := c.examine(ctx)
	if err != nil {
		return nil, err
	}
	return Without(c.KeyFile, func() ([]token.KeyID, error) { return c.turn(keys).Drop(ctx, ids...) })
}

// Without takes the keys out of a key file that drop returns. It finds out before whether the file
// can be replaced, and refuses with [keyring.ErrBusy] while another command changes it.
func Without(keyFile string, drop func() ([]token.KeyID, error)) (ids []token.KeyID, err error) {
	err = keyring.Holding(keyFile, func() error {
		if err := replaceable(keyFile); err != nil {
			return err
		}
		if ids, err = drop(); err != nil || len(ids) == 0 {
			return err
		}
		return without(keyFile, ids)
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// replaceable refuses a key file that cannot be replaced.
func replaceable(keyFile string) error {
	f, err := keyring.ReadFile(keyFile)
	if err != nil {
		return err
	}
	s, err := f.Stage(keyFile)
	if err != nil {
		return err
	}
	return s.Drop()
}

// without takes the keys out of the key file as it is now: somebody may have copied another one
// there.
func without(keyFile string, ids []token.KeyID) error {
	f, err := keyring.ReadFile(keyFile)
	if err != nil {
		return err
	}
	if f, err = f.Without(ids); err != nil {
		return err
	}
	return f.Replace(keyFile)
}

// examine reads the key file, and the whole store with it.
func (c Change) examine(ctx context.Context) (keyring.File, *keyring.Keys, error) {
	f, err := keyring.ReadFile(c.KeyFile)
	if err != nil {
		return nil, nil, err
	}
	keys, err := f.Keys()
	if err != nil {
		return nil, nil, fmt.Errorf("the key file %s: %w", c.KeyFile, err)
	}
	c.DB.SumBy(keys)
	return f, keys, c.DB.View(ctx, func(r store.Reader) error {
		rep, err := integrity.Inspect(ctx, r, keys)
		if err = errors.Join(err, rep.Err()); err != nil {
			return err
		}
		if err := rows.New(keys).Heed(r); err != nil || c.StateFile == "" {
			return err
		}
		return rollback.Check(r, keys, c.StateFile)
	})
}

// turn returns what turns the keys of a store that no server has open.
func (c Change) turn(keys *keyring.Keys) Turn {
	all := rows.New(keys)
	c.DB.SumBy(keys)
	c.DB.Follow(func(changes []store.Change) {
		_ = all.HeedChanges(changes) // of keys that are there
	})
	return Turn{DB: c.DB, Rows: all, Now: func() epoch.Millis { return c.Now }}
}

// addKey puts a new key in front of f, and returns the keys, of which the store has said something.
// It refuses if f is not any more what the key file says.
func (c Change) addKey(f keyring.File, said keyring.Sealing) (*keyring.Keys, error) {
	if now, err := keyring.ReadFile(c.KeyFile); err != nil {
		return nil, err
	} else if !now.Equal(f) {
		return nil, fmt.Errorf("the key file %s was changed while the store was examined: run this again", c.KeyFile)
	}
	f, err := f.WithNew(c.Random)
	if err != nil {
		return nil, err
	}
	keys, err := f.Keys()
	if err != nil {
		return nil, err
	}
	if err := keys.Heed(said); err != nil {
		return nil, err
	}
	return keys, f.Replace(c.KeyFile)
}

// resealState seals the record beside the key file under the newest key.
func (c Change) resealState(keys *keyring.Keys) error {
	if c.StateFile == "" {
		return nil
	}
	return rollback.Reseal(c.StateFile, keys)
}
