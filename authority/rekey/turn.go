package rekey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tokenscale/audit"
	"tokenscale/authority/keyring"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/store"
	"tokenscale/token"
)

// A Turn changes which key a store is sealed under. Servers may have it open: this one, and others
// if Nodes returns them. Its methods may be called by several nodes at once.
type Turn struct {
	DB    store.DB
	Rows  *rows.Rows // whose keys heed the store; see rows.Rows.HeedChanges
	Nodes func() []store.Node
	Self  string // the name of this node
	Now   func() epoch.Millis
}

// Rotated says what a rotation did.
type Rotated struct {
	Key     token.KeyID
	Resumed bool // an earlier run was cut off
	Rows    int  // sealed under it by this run
	Nothing bool // no key is newer than the one that seals; the error is ErrNoNewKey
}

// ErrNoNewKey means that no key is newer than the one that seals.
var ErrNoNewKey = errors.New("there is no new key in the key file: tokenscale key add makes one")

// ErrUnknown means that nodes do not have the new key.
var ErrUnknown = errors.New("not all nodes have the new key")

// Rotate has the newest key of the key file seal all. It refuses with ErrNoNewKey, and with
// ErrUnknown. Whenever it is cut off, all goes on, and another call, or Finish, does the rest.
func (t Turn) Rotate(ctx context.Context) (done Rotated, err error) {
	before := t.Rows.Keys.Said()
	next, newer := t.Rows.Keys.Next()
	if !newer && before.Done {
		return Rotated{Key: t.Rows.Keys.SealingID(), Nothing: true}, ErrNoNewKey
	}
	done.Resumed = before.Next != 0 || !before.Done
	if newer {
		if err := t.turn(ctx, next); err != nil {
			return Rotated{}, err
		}
	}
	done.Key = t.Rows.Keys.SealingID()
	done.Rows, err = t.Finish(ctx)
	return done, err
}

// turn has the key next seal.
func (t Turn) turn(ctx context.Context, next token.KeyID) error {
	if err := t.known(next); err != nil {
		return err
	}
	if err := t.say(ctx, nil, func(s *keyring.Sealing) error {
		s.Next = next
		return nil
	}); err != nil {
		return err
	}
	if err := t.known(next); err != nil { // by those that came meanwhile, too
		return errors.Join(err, t.say(ctx, nil, func(s *keyring.Sealing) error {
			s.Next = 0
			return nil
		}))
	}
	older := slices.DeleteFunc(t.Rows.Keys.Names(), func(name string) bool { return name == next.String() })
	began := []audit.Field{audit.One("key", next.String()), audit.Many("olderKeys", older), audit.One("done", "false")}
	return t.say(ctx, began, func(s *keyring.Sealing) error {
		if s.Next != next {
			return errors.New("another rotation of the keys has begun meanwhile: try again")
		}
		s.Key, s.Next, s.Done = next, 0, false
		return nil
	})
}

// known refuses with ErrUnknown unless all nodes say that they have the key.
func (t Turn) known(id token.KeyID) error {
	var lack []string
	for _, n := range t.nodes() {
		if n.Name != t.Self && !slices.Contains(n.Keys, id.String()) {
			lack = append(lack, n.Name)
		}
	}
	if len(lack) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %v is not in the key file of %s. Copy the key file there; a node reads it within seconds, and need not be stopped",
		ErrUnknown, id, strings.Join(lack, ", "))
}

func (t Turn) nodes() []store.Node {
	if t.Nodes == nil {
		return nil
	}
	return t.Nodes()
}

// Finish seals every row under the key that seals, if that was begun and not finished, and returns
// how many those were.
func (t Turn) Finish(ctx context.Context) (n int, err error) {
	said := t.Rows.Keys.Said()
	if said.Done || said.Key == 0 {
		return 0, nil
	}
	for moved := -1; moved != 0; n += moved { // the last time it finds none
		if moved, err = reseal(ctx, t.DB, t.Rows); err != nil {
			return n + moved, err
		}
	}
	done := []audit.Field{audit.One("key", said.Key.String()), audit.One("done", "true"), audit.Count("resealedRows", uint64(n))}
	return n, t.say(ctx, done, func(s *keyring.Sealing) error {
		if s.Key != said.Key || s.Done {
			return errSaid
		}
		s.Done = true
		return nil
	})
}

// errSaid means that another node was faster.
var errSaid = errors.New("it is said already")

// say changes what the store says of its keys, with an entry if it has fields. When it returns all
// nodes heed it, but for those that answer for no token.
func (t Turn) say(ctx context.Context, fields []audit.Field, change func(*keyring.Sealing) error) error {
	err := t.DB.Update(ctx, func(w store.Writer) error {
		s, err := t.Rows.Sealing.Require(w, rows.KeysKey)
		if err != nil {
			return err
		}
		s.Step++
		if err := change(&s); err != nil {
			return err
		}
		if err := t.Rows.Sealing.Put(w, rows.KeysKey, s); err != nil || len(fields) == 0 {
			return err
		}
		return t.record(w, audit.KeysRotated, fields...)
	}, store.UseReserve, store.Everywhere)
	if errors.Is(err, errSaid) {
		return nil
	}
	return err
}

// record writes an entry about the keys.
func (t Turn) record(w store.Writer, kind audit.Type, fields ...audit.Field) error {
	return ledger.New(t.Rows).Append(w, audit.Entry{
		Time: t.Now(), Type: kind, Action: "key", Sensitive: true, Actor: audit.System(), Fields: fields,
	})
}

// Drop writes down that keys are taken out of the key file, or if none are given all that nothing
// needs any more, and returns which. It refuses, with an error that wraps ErrKeyInUse, one that
// something in the store needs.
func (t Turn) Drop(ctx context.Context, ids ...token.KeyID) ([]token.KeyID, error) {
	said := t.Rows.Keys.Said()
	if said.Next != 0 || !said.Done {
		return nil, fmt.Errorf("%w: rows may still be sealed under another key than the newest; finish the rotation first, with tokenscale key rotate", ErrKeyInUse)
	}
	uses, err := t.Uses(ctx)
	if err != nil {
		return nil, err
	}
	if ids, err = droppable(uses, ids); err != nil || len(ids) == 0 {
		return nil, err
	}
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = id.String()
	}
	return ids, t.DB.Update(ctx, func(w store.Writer) error {
		if err := t.stillSays(w, said); err != nil {
			return err
		}
		return t.record(w, audit.KeysDropped, audit.Many("keys", names))
	}, store.UseReserve)
}

// stillSays refuses if the store says something else of its keys than it did: then what was seen of
// them since may not be so any more.
func (t Turn) stillSays(r store.Reader, said keyring.Sealing) error {
	now, err := t.Rows.Sealing.Require(r, rows.KeysKey)
	if err == nil && now.Step != said.Step {
		err = fmt.Errorf("%w: a rotation of the keys has begun meanwhile, on this node or another; drop keys when it is done", ErrKeyInUse)
	}
	return err
}

// Uses says of each key what in the store is under it.
func (t Turn) Uses(ctx context.Context) (uses []Use, err error) {
	err = t.DB.View(ctx, func(r store.Reader) (err error) {
		uses, err = Uses(ctx, r, t.Rows.Keys)
		return err
	})
	return uses, err
}

// Missed refuses, with an error that wraps ErrKeyInUse, if something in the store needs one of the
// keys, which a key file that was read anew does not have.
func (t Turn) Missed(ctx context.Context, gone []token.KeyID) error {
	if len(gone) == 0 {
		return nil
	}
	uses, err := t.Uses(ctx)
	if err != nil {
		return err
	}
	for _, u := range uses {
		if slices.Contains(gone, u.ID) && (u.Seals || !u.unused()) {
			return fmt.Errorf("%w: %v is needed %s", ErrKeyInUse, u.ID, u.Needs())
		}
	}
	return nil
}
