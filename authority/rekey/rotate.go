package rekey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"tokenscale/audit"
	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/authority/ledger"
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

// Rotated says what a rotation did.
type Rotated struct {
	Key     token.KeyID
	Resumed bool // an earlier run, which was cut off, had added the key
	Rows    int  // sealed under it by this run
}

// Rotate gives the store a new key and seals every row under it. It
// refuses a store that is not sound, or older than it was. Whenever it is cut
// off, the store can be used, and another call goes on.
func Rotate(ctx context.Context, c Change) (Rotated, error) {
	f, keys, err := c.examine(ctx)
	if err != nil {
		return Rotated{}, err
	}
	done := Rotated{Resumed: f.Unfinished()}
	if !done.Resumed {
		if f, keys, err = c.addKey(ctx, f, keys); err != nil {
			return Rotated{}, err
		}
	}
	done.Key = keys.NewestID()
	if done.Rows, err = Reseal(ctx, c.DB, keys); err != nil {
		return done, err
	}
	if err := cmp.Or(c.leftNone(ctx, keys), c.resealState(keys)); err != nil {
		return done, err
	}
	if err := c.record(ctx, keys, audit.KeysRotated,
		audit.One("key", done.Key.String()), audit.One("done", "true"), audit.Count("resealedRows", uint64(done.Rows))); err != nil {
		return done, err
	}
	return done, f.Outdated().Replace(c.KeyFile)
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
		if c.StateFile == "" {
			return nil
		}
		return rollback.Check(r, keys, c.StateFile)
	})
}

// addKey puts a new key in front of f. The file is written beside the old one
// first, so that nothing is recorded that cannot be done.
func (c Change) addKey(ctx context.Context, f keyring.File, before *keyring.Keys) (keyring.File, *keyring.Keys, error) {
	next, err := f.WithNew(c.Random)
	if err != nil {
		return nil, nil, err
	}
	keys, err := next.Keys()
	if err != nil {
		return nil, nil, err
	}
	s, err := next.Stage(c.KeyFile)
	if err != nil {
		return nil, nil, err
	}
	if err := c.record(ctx, before, audit.KeysRotated,
		audit.One("key", keys.NewestID().String()), audit.Many("olderKeys", before.Names()), audit.One("done", "false")); err != nil {
		return nil, nil, errors.Join(err, s.Drop())
	}
	return next, keys, s.Commit()
}

// record writes an entry about the keys.
func (c Change) record(ctx context.Context, keys *keyring.Keys, kind audit.Type, fields ...audit.Field) error {
	return c.DB.Update(ctx, func(w store.Writer) error {
		return ledger.New(rows.New(keys)).Append(w, audit.Entry{
			Time: c.Now, Type: kind, Action: "key", Sensitive: true, Actor: audit.System(), Fields: fields,
		})
	}, store.UseReserve)
}

// resealState seals the record beside the key file under the newest key.
func (c Change) resealState(keys *keyring.Keys) error {
	if c.StateFile == "" {
		return nil
	}
	return rollback.Reseal(c.StateFile, keys)
}

// leftNone reads all rows again, because what comes next shuts out those under
// an older key.
func (c Change) leftNone(ctx context.Context, keys *keyring.Keys) error {
	return c.DB.View(ctx, func(r store.Reader) error {
		uses, err := Uses(ctx, r, keys)
		for _, u := range uses {
			if !u.Newest && u.Rows > 0 && err == nil {
				err = fmt.Errorf("%d rows are still sealed under the key %v", u.Rows, u.ID)
			}
		}
		return err
	})
}
