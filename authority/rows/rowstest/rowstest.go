// Package rowstest opens a store and its tables for the tests of the packages between the rows and
// the authority, which need no more: no clock, no rules, nothing that runs.
package rowstest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/store"
	"tokenscale/store/bolt"
)

// KeyFile returns a key file in a folder of its own, with a key made of each letter (a to f). The
// first one is the newest, and the others are old ones.
func KeyFile(tb testing.TB, letters ...string) string {
	tb.Helper()
	text := "tokenscale-keys-1\n" + strings.Repeat(letters[0], 64) + "\n"
	for _, letter := range letters[1:] {
		text += strings.Repeat(letter, 64) + " old\n"
	}
	path := filepath.Join(tb.TempDir(), "keys")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

// Keys returns what KeyFile writes, loaded.
func Keys(tb testing.TB, letters ...string) *keyring.Keys {
	tb.Helper()
	keys, err := keyring.Load(KeyFile(tb, letters...))
	if err != nil {
		tb.Fatal(err)
	}
	return keys
}

// Open returns an empty store with all tables, which is closed when the test ends.
func Open(tb testing.TB) store.DB {
	tb.Helper()
	db, err := bolt.Open(bolt.Options{Folder: tb.TempDir(), Tables: rows.Tables()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

// Write calls each of fns with one transaction, in which all of them must succeed.
func Write(tb testing.TB, db store.DB, fns ...func(w store.Writer) error) {
	tb.Helper()
	if err := db.Update(tb.Context(), func(w store.Writer) error {
		for _, fn := range fns {
			if err := fn(w); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		tb.Fatal(err)
	}
}
