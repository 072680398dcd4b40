package authority_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"tokenscale/audit"
	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rekey"
	"tokenscale/authority/rollback"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// A crashing store fails for good when it has committed so often.
type crashing struct {
	store.DB
	left int
}

var errCrash = errors.New("the process was killed here")

func (c *crashing) Update(ctx context.Context, fn func(store.Writer) error, how ...store.Option) error {
	if c.left--; c.left < 0 {
		return errCrash
	}
	return c.DB.Update(ctx, fn, how...)
}

// withKeys calls do with the store of the closed House.
func withKeys(t *testing.T, h *authoritytest.House, do func(rekey.Change) error) error {
	t.Helper()
	db, err := h.Store()
	must(t, err)
	defer db.Close()
	return do(rekey.Change{DB: db, KeyFile: h.KeyFile(), StateFile: h.KeyFile() + ".state", Random: rand.Reader, Now: h.Clock.Millis()})
}

func newKey(t *testing.T, h *authoritytest.House) rekey.Rotated {
	t.Helper()
	var done rekey.Rotated
	must(t, withKeys(t, h, func(c rekey.Change) (err error) {
		done, err = rekey.Rotate(context.Background(), c)
		return err
	}))
	return done
}

// uses returns what is under which key, the newest first.
func uses(t *testing.T, h *authoritytest.House) (list []rekey.Use) {
	t.Helper()
	keys, err := keyring.Load(h.KeyFile())
	must(t, err)
	must(t, withKeys(t, h, func(c rekey.Change) error {
		return c.DB.View(context.Background(), func(r store.Reader) (err error) {
			list, err = rekey.Uses(context.Background(), r, keys)
			return err
		})
	}))
	return list
}

// guarded is a House with a record beside its key file.
func guarded(t *testing.T) *authoritytest.House {
	var h *authoritytest.House
	h = authoritytest.OpenWith(t, authoritytest.Setup{Options: func(o *authority.Options) {
		if h == nil {
			return // the first store is made without one; see below
		}
		o.StateFile = h.KeyFile() + ".state"
	}})
	h.Close()
	must(t, h.TryOpen())
	return h
}

// Every place at which a rotation can be cut off leaves a server that starts
// and knows all its tokens, and a rotation that goes on.
func TestRotation_CutOffAfterAnyCommitTheServerStartsAndTheNextRunGoesOn(t *testing.T) {
	h := guarded(t)
	_, _, err := h.FirstRoot(t.Context())
	must(t, err)
	var secrets []string
	for i := range 1100 {
		_, secret := h.Token(draft(fmt.Sprint(i)))
		secrets = append(secrets, secret)
	}
	set(t, h, maximum(day))
	_, err = h.SignedCheckpoint(t.Context())
	must(t, err)
	h.Close()
	cut, finished := 0, false
	for !finished {
		left := cut
		err := withKeys(t, h, func(c rekey.Change) error {
			c.DB = &crashing{c.DB, left}
			_, err := rekey.Rotate(t.Context(), c)
			return err
		})
		finished = err == nil
		if !finished && !errors.Is(err, errCrash) {
			t.Fatal(err)
		}
		must(t, h.TryOpen())
		for _, i := range []int{0, 500, 1099} {
			verdict(t, h, secrets[i], policy.Accepted)
		}
		must(t, h.Check(t.Context()))
		h.Close()
		cut++
		// Now and then the cut-off rotation is finished, and another begins.
		if cut > 4 && !finished && cut%3 == 0 {
			newKey(t, h)
		}
	}
	if cut < 10 {
		t.Errorf("there were only %d places to be cut off at", cut)
	}
	t.Logf("cut off at %d places", cut-1)
	list := uses(t, h)
	for _, u := range list[1:] {
		if !u.Old || u.Rows != 0 {
			t.Errorf("after the rotation %d rows are under the key %v, old %v", u.Rows, u.ID, u.Old)
		}
	}
	if last := list[len(list)-1]; last.Tokens != 1100 || !last.Root || list[0].Tokens != 0 {
		t.Errorf("the first key verifies %d tokens, the newest %d", last.Tokens, list[0].Tokens)
	}
	must(t, h.TryOpen())
}

// Whoever has the old key file can neither write a row that counts, nor use the
// store, nor make a session or a checkpoint.
func TestRotation_AStolenOldKeyOpensNothing(t *testing.T) {
	h := guarded(t)
	v, secret := h.Token(draft("x"))
	h.Close()
	h.Unchecked = true
	stolen, err := keyring.Load(h.KeyFile())
	must(t, err)
	stolenFile, err := os.ReadFile(h.KeyFile())
	must(t, err)
	done := newKey(t, h)
	old := uses(t, h)[1].ID
	fresh, err := keyring.Load(h.KeyFile())
	must(t, err)
	if _, opens := fresh.OpenSession(stolen.SealSession([]byte("x"), nil), nil); opens || verifierKey(t, h, stolen) == verifierKey(t, h, fresh) {
		t.Error("sessions or checkpoints are under the same key as before")
	}

	row := first(t, h)[authority.Names.Tokens]
	forged := authority.SealedAs(stolen, fresh, authority.Names.Tokens, row)
	refused := func(when, want string) {
		t.Helper()
		behind(t, h, func(w store.Writer) error { return w.Put(authority.Names.Tokens, row.Key, forged) })
		if err := h.TryOpen(); err == nil || !strings.Contains(err.Error(), "it names the key "+old.String()+", which "+want) {
			t.Errorf("a row sealed with the old key, %s: %v", when, err)
		}
		behind(t, h, func(w store.Writer) error { return w.Put(authority.Names.Tokens, row.Key, row.Value) })
	}
	refused("while it verifies tokens", "is an old one and seals nothing any more")

	drop := func(ids ...token.KeyID) error {
		return withKeys(t, h, func(c rekey.Change) error { _, err := rekey.Drop(t.Context(), c, ids...); return err })
	}
	for _, ids := range [][]token.KeyID{nil, {old}} {
		if err := drop(ids...); !errors.Is(err, rekey.ErrKeyInUse) || !strings.Contains(err.Error(), "1 token") {
			t.Errorf("dropping a key that verifies a token: %v", err)
		}
	}
	if err := drop(done.Key); !errors.Is(err, rekey.ErrKeyInUse) {
		t.Errorf("dropping the newest key: %v", err)
	}
	must(t, h.TryOpen())
	verdict(t, h, secret, policy.Accepted)
	_, again, err := h.RotateToken(t.Context(), as(root(), "rotateToken"), v.ID, 0)
	must(t, err)
	h.Close()
	must(t, drop())
	row = first(t, h)[authority.Names.Tokens]
	forged = authority.SealedAs(stolen, fresh, authority.Names.Tokens, row)
	refused("after it was dropped", "the key file does not have")

	must(t, h.TryOpen())
	verdict(t, h, again.Reveal(), policy.Accepted)
	verdict(t, h, secret, policy.Unknown)
	for _, e := range h.Trail() {
		if e.Type == audit.KeysDropped && e.Fields[0].List[0] != old.String() {
			t.Errorf("the entry of the drop: %+v", e)
		}
	}
	h.Close()
	must(t, os.WriteFile(h.KeyFile(), stolenFile, 0o600))
	if err := h.TryOpen(); err == nil || !strings.Contains(err.Error(), "it names the key "+done.Key.String()) {
		t.Errorf("under the stolen key file: %v", err)
	}
}

// Checkpoints are signed by every key of the file, so that whoever knows only
// the old verifier key learns of the new one before the old one is gone.
func TestRotation_CheckpointsStayProvableAcrossIt(t *testing.T) {
	h := guarded(t)
	before, err := keyring.Load(h.KeyFile())
	must(t, err)
	v, _ := h.Token(draft("x"))
	elsewhere, err := h.SignedCheckpoint(t.Context())
	must(t, err)
	h.Close()
	newKey(t, h)
	must(t, h.TryOpen())
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID))
	both, err := h.SignedCheckpoint(t.Context())
	must(t, err)
	h.Close()
	must(t, withKeys(t, h, func(c rekey.Change) error { _, err := rekey.Drop(t.Context(), c); return err }))
	after, err := keyring.Load(h.KeyFile())
	must(t, err)
	must(t, h.TryOpen())
	h.Token(draft("y"))
	alone, err := h.SignedCheckpoint(t.Context())
	must(t, err)
	for _, c := range []struct {
		name, signed    string
		byOld, byNewest bool
	}{{"before", elsewhere, true, false}, {"between", both, true, true}, {"after", alone, false, true}} {
		if byOld, byNewest := opens(t, h, before, c.signed), opens(t, h, after, c.signed); byOld != c.byOld || byNewest != c.byNewest {
			t.Errorf("a checkpoint of %s opens with the old verifier key: %v, with the newest: %v", c.name, byOld, byNewest)
		}
	}
	must(t, h.Check(t.Context()))
	examine := func(keys *keyring.Keys) (found []audit.Finding) {
		must(t, h.DB.View(t.Context(), func(r store.Reader) error {
			rep, err := ledger.Examine(t.Context(), r, keys, ledger.NamedNote{Name: "of before", Note: elsewhere})
			found = rep.Found
			return err
		}))
		return found
	}
	if found := examine(after); len(found) != 1 || !strings.Contains(found[0].String(), "signed by another key") {
		t.Errorf("a checkpoint of a dropped key: %v", found)
	}
	trusting, err := after.Trusting(origin(h), verifierKey(t, h, before))
	must(t, err)
	if found := examine(trusting); len(found) > 0 {
		t.Errorf("with the verifier key of then: %v", found)
	}
}

// What was signed by a key is signed by the newest before that one is dropped.
func TestRotation_StoredCheckpointsOutliveTheKeyThatSignedThem(t *testing.T) {
	h := guarded(t)
	v, _ := h.Token(draft("x"))
	must(t, h.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID))
	_, err := h.SignedCheckpoint(t.Context())
	must(t, err)
	h.Close()
	newKey(t, h)
	must(t, withKeys(t, h, func(c rekey.Change) error { _, err := rekey.Drop(t.Context(), c); return err }))
	must(t, h.TryOpen())
	must(t, h.Check(t.Context()))
	if strings.Contains(h.Log.String(), "checkpoint") {
		t.Error(h.Log)
	}
}

// opens reports whether somebody who has only the verifier key accepts a note.
func opens(t *testing.T, h *authoritytest.House, keys *keyring.Keys, signed string) bool {
	t.Helper()
	v, err := note.NewVerifier(verifierKey(t, h, keys))
	must(t, err)
	_, err = audit.OpenCheckpoint(signed, origin(h), note.VerifierList(v))
	return err == nil
}

// origin returns what the audit log of a House is known by.
func origin(h *authoritytest.House) string { return "tokenscale.invalid/audit/" + h.StoreID() }

func verifierKey(t *testing.T, h *authoritytest.House, keys *keyring.Keys) string {
	t.Helper()
	line, err := keys.VerifierKey(origin(h))
	must(t, err)
	return line
}

// An unsound store is not rotated, and keeps its key file.
func TestRotation_ADamagedOrOlderStoreKeepsItsKeys(t *testing.T) {
	h := guarded(t)
	h.Token(draft("x"))
	h.Close()
	h.Unchecked = true
	kept, err := os.ReadFile(h.KeyFile())
	must(t, err)
	row := first(t, h)[authority.Names.Tokens]
	bad := bytes.Clone(row.Value)
	bad[20] ^= 1
	behind(t, h, func(w store.Writer) error { return w.Put(authority.Names.Tokens, row.Key, bad) })
	try := func() error {
		return withKeys(t, h, func(c rekey.Change) error { _, err := rekey.Rotate(t.Context(), c); return err })
	}
	if err := try(); err == nil || !integrity.Broken(err) {
		t.Errorf("a damaged store: %v", err)
	}
	behind(t, h, func(w store.Writer) error { return w.Put(authority.Names.Tokens, row.Key, row.Value) })
	must(t, os.Remove(h.KeyFile()+".state"))
	if err := try(); !errors.Is(err, rollback.ErrRollback) {
		t.Errorf("a store without its record: %v", err)
	}
	if now, err := os.ReadFile(h.KeyFile()); err != nil || !bytes.Equal(now, kept) {
		t.Errorf("the key file was changed (%v)", err)
	}
}
