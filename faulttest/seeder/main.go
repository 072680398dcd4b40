//go:build bench

// Command seeder makes a store with many tokens, for a test that has no time
// to create them one by one. It prints the strings of the first ones.
//
//	seeder DATA KEYS TOKENS NOW    NOW in milliseconds since 1970
package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/permission"
	"tokenscale/store/bolt"
	"tokenscale/token"
)

const shown = 1000

func main() {
	log.SetFlags(0)
	if len(os.Args) != 5 {
		log.Fatal("seeder DATA KEYS TOKENS NOW")
	}
	n, err := strconv.Atoi(os.Args[3])
	now, err2 := strconv.ParseInt(os.Args[4], 10, 64)
	if err := errors.Join(err, err2); err != nil {
		log.Fatal(err)
	}
	if err := seed(os.Args[1], os.Args[2], n, epoch.Millis(now)); err != nil {
		log.Fatal(err)
	}
}

func seed(data, keyFile string, n int, now epoch.Millis) (err error) {
	clock := func() time.Time { return now.Time() }
	db, err := bolt.Open(bolt.Options{Folder: data, Tables: rows.Tables(), Now: clock, BatchBytes: 16 << 20})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	keys, err := keyring.Create(keyFile, rand.Reader)
	if err != nil {
		return err
	}
	a, err := authority.Open(context.Background(), authority.Options{
		DB: db, Keys: keys, Now: clock, Random: rand.Reader, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		return err
	}
	if err := a.Close(context.Background()); err != nil {
		return err
	}
	tokens, err := mint(keys, n, now)
	if err != nil {
		return err
	}
	return rows.Seed(context.Background(), db, keys, nil, slices.Chunk(tokens, 5000), false)
}

func mint(keys *keyring.Keys, n int, now epoch.Millis) ([]token.Token, error) {
	out := bufio.NewWriter(os.Stdout)
	random := bufio.NewReader(rand.Reader)
	tokens := make([]token.Token, n)
	for i := range tokens {
		id, secret, err := token.Mint(random)
		if err != nil {
			return nil, err
		}
		t := token.Token{
			ID: id, Name: fmt.Sprintf("machine-of-the-fleet-%07d", i), CreatedAt: now, IssuedAt: now, CreatedBy: token.Root,
			Permissions: permission.Of(permission.ReadHealthCheck),
		}
		t.DigestKey = keys.SealingID()
		t.Digest = keys.Digest(t.DigestKey, secret)
		if i%3 > 0 {
			t.ExpireAt = now.Add(time.Duration(i%300+2) * 24 * time.Hour)
		}
		if i < shown {
			fmt.Fprintln(out, secret.Reveal())
		}
		tokens[i] = t
	}
	return tokens, out.Flush()
}
