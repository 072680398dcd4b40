package authority_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"os"
	"strings"
	"testing"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/fault"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/token"
)

// furnished builds a House with a row in every table.
func furnished(t *testing.T, how ...authoritytest.Setup) (*authoritytest.House, token.Token, string) {
	t.Helper()
	h := authoritytest.OpenWith(t, append(how, authoritytest.Setup{})[0])
	_, _, err := h.FirstRoot(t.Context())
	must(t, err)
	d := draft("x")
	d.FilterID = filter(t, h, "f", "allow all")
	v, secret := h.Token(d)
	h.Token(d)
	_, _, err = keyed(h, root(), "k1", d)
	must(t, err)
	verdict(t, h, secret, policy.Accepted)
	set(t, h, maximum(day))
	h.Close()
	h.Unchecked = true
	return h, v, secret
}

// behind changes the rows of the closed House behind its back.
func behind(t *testing.T, h *authoritytest.House, fn func(store.Writer) error) {
	t.Helper()
	db, err := h.Store()
	must(t, err)
	keys, err := keyring.Load(h.KeyFile())
	must(t, err)
	db.SumBy(keys) // so that it is left to the seals to show what was done
	must(t, db.Update(context.Background(), fn))
	must(t, db.Close())
}

// first returns the first row of each table.
func first(t *testing.T, h *authoritytest.House) map[store.Table]store.Row {
	t.Helper()
	all := map[store.Table]store.Row{}
	behind(t, h, func(w store.Writer) error {
		for _, table := range rows.Tables() {
			if err := w.Scan(table, store.Range{}, func(k, v []byte) error {
				all[table] = store.Row{Key: bytes.Clone(k), Value: bytes.Clone(v)}
				return store.Stop
			}); err != nil {
				return err
			}
		}
		return nil
	})
	return all
}

// noticed fails the test unless the House does not open, or says in its check
// that a row is not sound.
func noticed(t *testing.T, h *authoritytest.House, what string) {
	t.Helper()
	err := h.TryOpen()
	if err == nil {
		err = h.Check(context.Background())
		h.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "seal") {
		t.Errorf("%s: got %v", what, err)
	}
}

func TestSeal_AFlippedByteInAnyTableIsNoticedAndTheStartRefusedWhereItMatters(t *testing.T) {
	h, _, _ := furnished(t)
	for table, row := range first(t, h) {
		bad := bytes.Clone(row.Value)
		bad[len(bad)/2] ^= 1
		behind(t, h, func(w store.Writer) error { return w.Put(table, row.Key, bad) })
		err := h.TryOpen()
		if err == nil {
			if table == authority.Names.Tokens || table == authority.Names.Filters || table == authority.Names.Settings || table == authority.Names.Uses {
				t.Errorf("%s: the server starts", table)
			}
			h.Close()
		}
		noticed(t, h, string(table))
		behind(t, h, func(w store.Writer) error { return w.Put(table, row.Key, row.Value) })
	}
	must(t, h.TryOpen())
	must(t, h.Check(t.Context()))
}

func TestSeal_SwappedAndMovedRowsAreNoticed(t *testing.T) {
	h, _, _ := furnished(t)
	rows := first(t, h)
	var all []store.Row
	behind(t, h, func(w store.Writer) error {
		return w.Scan(authority.Names.Tokens, store.Range{}, func(k, v []byte) error {
			all = append(all, store.Row{Key: bytes.Clone(k), Value: bytes.Clone(v)})
			return nil
		})
	})
	tokens := authority.Names.Tokens
	behind(t, h, func(w store.Writer) error {
		must(t, w.Put(tokens, all[0].Key, all[1].Value))
		return w.Put(tokens, all[1].Key, all[0].Value)
	})
	noticed(t, h, "two rows swapped")
	behind(t, h, func(w store.Writer) error {
		must(t, w.Put(tokens, all[0].Key, all[0].Value))
		must(t, w.Put(tokens, all[1].Key, all[1].Value))
		return w.Put(tokens, []byte(strings.Repeat("n", 32)), all[0].Value)
	})
	noticed(t, h, "a row copied to another key")
	behind(t, h, func(w store.Writer) error {
		must(t, w.Delete(tokens, []byte(strings.Repeat("n", 32))))
		return w.Put(authority.Names.Filters, rows[tokens].Key, rows[tokens].Value)
	})
	noticed(t, h, "a row moved to another table")
	behind(t, h, func(w store.Writer) error {
		must(t, w.Delete(authority.Names.Filters, rows[tokens].Key))
		return w.Put(tokens, all[0].Key, nil)
	})
	noticed(t, h, "an empty row")
}

// A row that is damaged under the running server is an error of ours, and not
// a token that does not exist.
func TestSeal_ADamagedRowIsNeverNotFound(t *testing.T) {
	h, v, _ := furnished(t)
	must(t, h.TryOpen())
	must(t, h.DB.Update(t.Context(), func(w store.Writer) error {
		return w.Put(authority.Names.Tokens, []byte(authority.RowKey(v)), []byte("nonsense"))
	}))
	for name, err := range map[string]error{
		"delete": h.DeleteToken(t.Context(), as(root(), "deleteToken"), v.ID),
		"rotate": func() error { _, _, err := h.RotateToken(t.Context(), as(root(), "rotateToken"), v.ID, 0); return err }(),
	} {
		if err == nil || fault.CodeOf(err) != fault.Internal {
			t.Errorf("%s: got %v (%v)", name, err, fault.CodeOf(err))
		}
	}
	if !strings.Contains(h.Log.String(), "cannot be read back") {
		t.Error("it is not reported")
	}
}

func TestAnotherKeyFileIsRefusedAndSaysSo(t *testing.T) {
	h := authoritytest.Open(t)
	h.Token(draft("x"))
	h.Close()
	kept := h.KeyFile() + ".kept"
	must(t, os.Rename(h.KeyFile(), kept))
	_, err := keyring.Create(h.KeyFile(), rand.Reader)
	must(t, err)
	if err := h.TryOpen(); err == nil || !strings.Contains(err.Error(), "key file does not belong") {
		t.Errorf("got %v", err)
	}
	must(t, os.Rename(kept, h.KeyFile()))
	must(t, h.TryOpen())
}
