// Package claim binds a store that is new to the keys of its server, and gives it a name. One that
// is bound to other keys is refused.
package claim

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/policy"
	"tokenscale/store"
)

// ErrUnfinished means that all rows were to be copied into the store, and that this was cut off.
var ErrUnfinished = errors.New("copying another store into this one was cut off: run store copy again to finish it")

// Options say which store is claimed, and by whom.
type Options struct {
	DB       store.DB
	Rows     *rows.Rows
	Random   io.Reader
	ReadOnly bool // nothing can be written: a store without a name gets one for this run
}

// Store claims a store, and returns its name, a random number.
//
// Several nodes may do so at once, so each looks again in the transaction in which it writes: the
// first of them decides.
func Store(ctx context.Context, o Options) (name uint64, err error) {
	if err := o.bind(ctx); err != nil {
		return 0, err
	}
	return o.name(ctx)
}

// bind also writes down the policies a new store begins with, so that their row is never missing by
// right: whoever took it out would loosen every rule.
func (o Options) bind(ctx context.Context) error {
	claimed := false
	ask := func(r store.Reader) (err error) {
		if _, claimed, err = o.Rows.Sealing.Get(r, rows.KeysKey); err != nil {
			return err
		}
		_, unfinished, err := o.Rows.Numbers.Get(r, rows.CopyKey)
		if err == nil && unfinished {
			err = ErrUnfinished
		}
		return err
	}
	err := o.DB.View(ctx, ask)
	if err != nil || claimed {
		return Foreign(err)
	}
	return o.DB.Update(ctx, func(w store.Writer) error {
		if err := ask(w); err != nil || claimed { // another node was faster
			return err
		}
		return cmp.Or(o.Rows.Sealing.Put(w, rows.KeysKey, keyring.Sealing{Key: o.Rows.Keys.SealingID(), Done: true, Step: 1}), o.Rows.Policies.Put(w, rows.PoliciesKey, policy.History{Policies: policy.Fresh()}))
	})
}

// Foreign says of an error, if it is that the keys do not open what the store says of them, what
// that means.
func Foreign(err error) error {
	if !errors.Is(err, keyring.ErrSeal) {
		return err
	}
	return fmt.Errorf("the key file does not belong to this store: give the one it was made with, or, if the keys were rotated since, a copy of the newest (%w)", err)
}

// name finds out what the store is called, and gives it a name if it has none.
func (o Options) name(ctx context.Context) (name uint64, err error) {
	named := false
	ask := func(r store.Reader) (err error) {
		name, named, err = o.Rows.Numbers.Get(r, rows.StoreKey)
		return err
	}
	if err := o.DB.View(ctx, ask); err != nil || named {
		return name, err
	}
	var b [8]byte
	if _, err := io.ReadFull(o.Random, b[:]); err != nil {
		return 0, fmt.Errorf("naming the store: %w", err)
	}
	fresh := binary.BigEndian.Uint64(b[:])
	if o.ReadOnly {
		return fresh, nil
	}
	err = o.DB.Update(ctx, func(w store.Writer) error {
		if err := ask(w); err != nil || named { // another node was faster
			return err
		}
		name = fresh
		return o.Rows.Numbers.Put(w, rows.StoreKey, fresh)
	})
	return name, err
}
