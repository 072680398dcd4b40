package authority_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"tokenscale/authority"
	"tokenscale/authority/authoritytest"
	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/policy"
	"tokenscale/store"
)

// A placed row stands in a table.
type placed struct {
	table      store.Table
	key, value []byte
}

// placedRows returns all rows of a House.
func placedRows(t *testing.T, db store.DB) (all []placed) {
	t.Helper()
	must(t, db.View(t.Context(), func(r store.Reader) error {
		for _, table := range rows.Tables() {
			if err := r.Scan(table, store.Range{}, func(k, v []byte) error {
				all = append(all, placed{table, bytes.Clone(k), bytes.Clone(v)})
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	}))
	return all
}

// inhabited is a House with 120 tokens and more than 200 rows in all, and the
// strings of its tokens by the keys of their rows.
func inhabited(t *testing.T) (h *authoritytest.House, u *under, secrets map[string]string) {
	t.Helper()
	h, u = undermined(t)
	secrets = map[string]string{}
	d := draft("bound")
	d.FilterID = filter(t, h, "f", "allow all")
	for i := range 120 {
		d.Name = fmt.Sprint("token ", i)
		v, secret := h.Token(d)
		verdict(t, h, secret, policy.Accepted)
		secrets[authority.RowKey(v)] = secret
	}
	must(t, h.FlushUses(t.Context()))
	return h, u, secrets
}

// The bar of A4, for the seal alone: no bit of a row can be flipped, and no
// row be put in the place of another, of its table or another one.
func TestSeal_NoBitOf200RowsCanBeFlippedAndNoTwoSwapped(t *testing.T) {
	h, _, _ := inhabited(t)
	keys, err := keyring.Load(h.KeyFile())
	must(t, err)
	rows := placedRows(t, h.DB)
	rand.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	rows = rows[:200]
	bits, pairs := 0, 0
	for i, r := range rows {
		if err := authority.Sound(keys, r.table, r.key, r.value); err != nil {
			t.Fatalf("a row as it was written: %v", err)
		}
		bad := bytes.Clone(r.value)
		for bit := range 8 * len(bad) {
			bad[bit/8] ^= 1 << (bit % 8)
			if authority.Sound(keys, r.table, r.key, bad) == nil {
				t.Errorf("bit %d of the row %q of %s can be flipped", bit, r.key, r.table)
			}
			bad[bit/8] ^= 1 << (bit % 8)
			bits++
		}
		for j, other := range rows {
			if i == j {
				continue
			}
			if authority.Sound(keys, other.table, other.key, r.value) == nil {
				t.Errorf("the row %q of %s can stand in the place of %q of %s", r.key, r.table, other.key, other.table)
			}
			pairs++
		}
	}
	t.Logf("%d bits flipped, %d rows put in the place of others", bits, pairs)
}

// … and for a running server: each of 120 tokens is refused when a bit of its
// row was flipped, or its row swapped with another, and each is told of.
func TestSeal_ARunningServerRefusesEveryTokenWhoseRowWasChanged(t *testing.T) {
	h, u, secrets := inhabited(t)
	n, swap := 0, ""
	for key := range secrets {
		switch row := u.get(t, authority.Names.Tokens, key); {
		case n%3 > 0:
			bit := rand.IntN(8 * len(row))
			row[bit/8] ^= 1 << (bit % 8)
			u.put(t, authority.Names.Tokens, []byte(key), row)
		case swap == "":
			swap = key
		default:
			u.put(t, authority.Names.Tokens, []byte(key), u.get(t, authority.Names.Tokens, swap))
			u.put(t, authority.Names.Tokens, []byte(swap), row)
			swap = ""
		}
		n++
	}
	_, good := h.Token(draft("good"))
	must(t, h.Scrub(t.Context()))
	for _, secret := range secrets {
		verdict(t, h, secret, policy.Damaged)
	}
	verdict(t, h, good, policy.Accepted)
	if bad := h.Stats().Scrub.Bad; bad != 120 || len(unsoundEntries(h)) != 120 {
		t.Errorf("%d bad rows and %d entries about them, want 120", bad, len(unsoundEntries(h)))
	}
	if got := h.Stats().Verifications[policy.Damaged]; got != 120 {
		t.Errorf("the metric counts %d damaged tokens, want 120", got)
	}
}

// … and for a start: none happens with a row that was changed in the file
// itself, past everything of ours.
func TestSeal_NoStartWithAChangedRow(t *testing.T) {
	h, _, secrets := inhabited(t)
	var rows []placed
	for _, r := range placedRows(t, h.DB) {
		if r.table == authority.Names.Tokens || r.table == authority.Names.Uses || r.table == authority.Names.Filters || r.table == authority.Names.Settings && string(r.key) == "policies" {
			rows = append(rows, r)
		}
	}
	h.Close()
	write := func(r placed, value []byte) {
		t.Helper()
		db, err := bbolt.Open(filepath.Join(h.Folder(), "data", "store.db"), 0o600, &bbolt.Options{NoSync: true})
		must(t, err)
		must(t, db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte(r.table)).Put(r.key, value) }))
		must(t, db.Close())
	}
	for range 40 {
		r := rows[rand.IntN(len(rows))]
		bad := bytes.Clone(r.value)
		bit := rand.IntN(8 * len(bad))
		bad[bit/8] ^= 1 << (bit % 8)
		write(r, bad)
		if err := h.TryOpen(); err == nil || !integrity.Broken(err) {
			t.Errorf("with bit %d of a row of %s flipped: %v", bit, r.table, err)
		}
		write(r, r.value)
	}
	must(t, h.TryOpen())
	for _, secret := range secrets {
		verdict(t, h, secret, policy.Accepted)
	}
}
