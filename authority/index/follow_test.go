package index_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tokenscale/authority/index"
	"tokenscale/authority/index/feed"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/ipfilter"
	"tokenscale/policy"
	"tokenscale/store"
	"tokenscale/store/bolt"
	"tokenscale/token"
)

// keysOf returns keys made of one letter.
func keysOf(t *testing.T, letter string) *keyring.Keys {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(path, []byte("tokenscale-keys-1\n"+strings.Repeat(letter, 64)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	keys, err := keyring.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// Rows that were written under other keys are not believed, whatever they say:
// what was known of the token, the filter, the policies and root no longer counts.
func TestFollow_ARowThatDoesNotOpenIsDistrusted(t *testing.T) {
	db, err := bolt.Open(bolt.Options{Folder: t.TempDir(), Tables: rows.Tables()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ours, others := rows.New(keysOf(t, "a")), rows.New(keysOf(t, "b"))
	x := index.New()
	x.Follow(db, ours, slog.New(slog.DiscardHandler), false)
	write := func(all *rows.Rows) {
		t.Helper()
		if err := db.Update(t.Context(), func(w store.Writer) error {
			for _, err := range []error{
				all.Tokens.Put(w, rows.TokenKey(1, false), rows.StoredToken{Token: token.Token{Number: 1, ID: "t", Name: "nurse"}}),
				all.Filters.Put(w, "f", ipfilter.Filter{ID: "f", Name: "f", Text: "allow all"}),
				all.Policies.Put(w, rows.PoliciesKey, policy.History{Policies: policy.Fresh()}),
				all.Root.Put(w, rows.RootKey, rows.Root{Digest: token.Digest{1}}),
			} {
				if err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	believed := func() (token, filter, policies, root bool) {
		e, known := x.Find("t")
		_, root = x.Root()
		return known && !e.Distrusted(), x.Rules("f") != nil, x.System().Enabled, root
	}
	write(ours)
	if a, b, c, d := believed(); !a || !b || !c || !d {
		t.Fatalf("the control: token %v, filter %v, policies %v, root %v", a, b, c, d)
	}
	write(others)
	if a, b, c, d := believed(); a || b || c || d {
		t.Errorf("of rows that do not open: token %v, filter %v, policies %v, root %v", a, b, c, d)
	}
	write(ours)
	if a, b, c, d := believed(); !a || !b || !c || !d {
		t.Errorf("written anew: token %v, filter %v, policies %v, root %v", a, b, c, d)
	}
}

// A row that is older than a change which has deleted its token takes the place of the token too,
// so whoever puts one back does not keep alive what stood there.
func TestFollow_ARowWhoseTokenThePoliciesHaveDeletedLeavesNone(t *testing.T) {
	db, err := bolt.Open(bolt.Options{Folder: t.TempDir(), Tables: rows.Tables()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	all := rows.New(keysOf(t, "a"))
	x := index.New()
	x.Follow(db, all, slog.New(slog.DiscardHandler), false)
	disabled := policy.Tightening{Rule: policy.Security{Enabled: false}, At: 1}
	again := policy.History{Policies: policy.Fresh(), Newest: 1, Past: []policy.Tightening{disabled}}
	stamped := func(stamp uint64) {
		t.Helper()
		if err := db.Update(t.Context(), func(w store.Writer) error {
			if err := all.Policies.Put(w, rows.PoliciesKey, again); err != nil {
				return err
			}
			return all.Tokens.Put(w, rows.TokenKey(1, false), rows.StoredToken{Token: token.Token{Number: 1, ID: "t", Name: "nurse"}, Stamp: stamp})
		}); err != nil {
			t.Fatal(err)
		}
	}
	stamped(1)
	if _, known := x.Find("t"); !known {
		t.Fatal("the control: a token made after the change is not there")
	}
	stamped(0)
	if _, known := x.Find("t"); known {
		t.Error("a token that the change has deleted is there")
	}
}

// Other nodes go on while one reads all rows at its start. Here a token is made, another one
// deleted and a third renamed after the rows were taken that are read.
func TestFollow_WhatOthersChangeWhileAllRowsAreReadIsNotLost(t *testing.T) {
	db, err := bolt.Open(bolt.Options{Folder: t.TempDir(), Tables: rows.Tables()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	all, x := rows.New(keysOf(t, "a")), index.New()
	put := func(n token.Number, id token.ID, name string) func(store.Writer) error {
		return func(w store.Writer) error {
			return all.Tokens.Put(w, rows.TokenKey(n, false), rows.StoredToken{Token: token.Token{Number: n, ID: id, Name: name}})
		}
	}
	update := func(do ...func(store.Writer) error) {
		t.Helper()
		for _, fn := range do {
			if err := db.Update(t.Context(), fn); err != nil {
				t.Error(err)
			}
		}
	}
	update(func(w store.Writer) error {
		return all.Policies.Put(w, rows.PoliciesKey, policy.History{Policies: policy.Fresh()})
	})
	update(put(1, "stays", "a"), put(2, "goes", "b"))
	changes := feed.New(db)
	x.Follow(changes, all, slog.New(slog.DiscardHandler), false)
	changes.Pause()
	if err := db.View(t.Context(), func(r store.Reader) error {
		update(put(3, "comes", "c"), put(1, "stays", "renamed"),
			func(w store.Writer) error { return w.Delete(rows.TokensTable, []byte(rows.TokenKey(2, false))) })
		return x.Read(r, all, slog.New(slog.DiscardHandler))
	}); err != nil {
		t.Fatal(err)
	}
	changes.Resume()
	stays, _ := x.Find("stays")
	_, comes := x.Find("comes")
	_, goes := x.Find("goes")
	if stays.Name() != "renamed" || !comes || goes {
		t.Errorf("the name is %q; the new token is there: %v; the deleted one: %v", stays.Name(), comes, goes)
	}
}
