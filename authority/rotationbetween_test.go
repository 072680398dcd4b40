package authority_test

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/authority/rekey"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// A tardy store has something happen between the moment at which a change is asked for and the one
// at which it is made, once.
type tardy struct {
	store.DB
	meanwhile func()
}

func (d *tardy) Update(ctx context.Context, fn func(store.Writer) error, how ...store.Option) error {
	if do := d.meanwhile; do != nil {
		d.meanwhile = nil
		do()
	}
	return d.DB.Update(ctx, fn, how...)
}

// dropsItsKey turns the keys of a House, and drops the one of before, which nothing needs.
func dropsItsKey(t *testing.T, a *authoritytest.House) {
	t.Helper()
	old := a.Keys().Rows.Keys.SealingID()
	_, err := rekey.Add(a.KeyFile(), rand.Reader)
	must(t, err)
	reread(t, a, a.Authority)
	turned(t, a.Authority)
	dropped, err := rekey.Without(a.KeyFile(), func() ([]token.KeyID, error) { return a.Keys().Drop(t.Context()) })
	must(t, err)
	if len(dropped) != 1 || dropped[0] != old {
		t.Fatalf("dropped: %v", dropped)
	}
	reread(t, a, a.Authority)
}

// Which key a change writes under is asked inside of it: that of a moment before may be gone.
func TestRotation_BetweenAChangeAndItsTransaction_LeavesNothingUnderTheDroppedKey(t *testing.T) {
	for name, change := range map[string]func(*testing.T, *authoritytest.House) (check func()){
		"a new root token": func(t *testing.T, a *authoritytest.House) func() {
			s, err := a.ReplaceRoot(t.Context())
			must(t, err)
			return func() { verdict(t, a, s.Reveal(), policy.Accepted) }
		},
		"a token with an idempotency key": func(t *testing.T, a *authoritytest.House) func() {
			_, s, err := keyedAt(a.Authority, root(), "once", draft("x"))
			must(t, err)
			return func() {
				verdict(t, a, s, policy.Accepted)
				if _, _, err := keyedAt(a.Authority, root(), "once", draft("x")); err == nil {
					t.Error("the same request made two tokens")
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var db *tardy
			a := authoritytest.OpenWith(t, authoritytest.Setup{File: true, Wrap: func(under store.DB) store.DB {
				db = &tardy{DB: under}
				return db
			}})
			db.meanwhile = func() { dropsItsKey(t, a) }
			check := change(t, a)
			check()
			a.Reopen()
			check()
		})
	}
}

// A node that was stopped while the keys were turned and the old one was dropped comes back with a
// copy of the key file, though its mirror and its record are from before, and is refused in words
// without that.
func TestRotation_ANodeThatWasStoppedWhileItsKeyWasDroppedComesBack(t *testing.T) {
	if !authoritytest.OnEtcd() {
		t.Skip("it needs a store that nodes share; see CONTRIBUTING.md")
	}
	a := authoritytest.Open(t)
	record := filepath.Join(t.TempDir(), "state")
	join := func() (*authority.Authority, func() error, error) {
		db, err := a.Node("b")
		must(t, err)
		b, err := authoritytest.On(a, db, func(o *authority.Options) { o.Node, o.StateFile, o.Join = "b", record, true })
		if err != nil {
			return nil, nil, errors.Join(err, db.Close())
		}
		return b, func() error { return errors.Join(b.Close(t.Context()), db.Close()) }, nil
	}
	b, leave, err := join()
	must(t, err)
	v, _, err := b.CreateToken(t.Context(), as(root(), "createSystemToken"), draft("of before"))
	must(t, err)
	must(t, leave())
	had, before := read(t, a.KeyFile()), read(t, record)
	must(t, a.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID))
	dropsItsKey(t, a)
	_, secret := a.Token(draft("of afterwards"))
	now := read(t, a.KeyFile())
	write(t, a.KeyFile(), had)
	if _, _, err := join(); err == nil || !strings.Contains(err.Error(), "a copy of the newest") {
		t.Errorf("with the key file of before: %v", err)
	}
	write(t, a.KeyFile(), now)
	b, leave, err = join()
	must(t, err)
	eventually(t, "it takes the token made meanwhile", func() bool {
		_, outcome := b.Verify(secret, here)
		return outcome == policy.Accepted
	})
	must(t, b.Check(t.Context()))
	must(t, leave())
	if string(read(t, record)) == string(before) {
		t.Error("the record is as it was")
	}
	_, leave, err = join()
	must(t, err)
	must(t, leave())
}
