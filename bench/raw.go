//go:build bench

package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/bench/load"
	"tokenscale/store"
	"tokenscale/store/bolt"
	"tokenscale/store/bolt/boltfile"
	"tokenscale/token"
)

// serveRaw writes rows into a store and knows nothing of what they mean: one
// row for each caller and transaction, as long as the rows of tokens in that
// file are, at a random key between them, by the same committer as ours.
func serveRaw(folder string) error {
	db, err := bolt.Open(bolt.Options{Folder: folder, Tables: rows.Tables(), Now: time.Now})
	if err != nil {
		return err
	}
	defer db.Close()
	keys, err := keyring.Load(filepath.Join(folder, "keys"))
	if err != nil {
		return err
	}
	db.SumBy(keys)
	value, last, err := typical(db)
	if err != nil {
		return err
	}
	fmt.Println("API raw")
	answer(func(words []string) (any, error) {
		rate, _ := strconv.Atoi(words[1])
		callers, _ := strconv.Atoi(words[2])
		each, err := time.ParseDuration(words[3])
		if err != nil {
			return nil, err
		}
		return load.Run(rate, callers, each, func() (load.Work, func(), error) {
			return func() error { return put(db, value, last) }, func() {}, nil
		})
	})
	return nil
}

// put writes a row between those of the tokens, which is where a key chosen at
// random falls.
func put(db store.DB, value []byte, last token.Number) error {
	key := rows.TokenKey(1+mathrand.N(last), true)
	key = string(binary.BigEndian.AppendUint64([]byte(key), mathrand.Uint64()))
	return db.Update(context.Background(), func(w store.Writer) error {
		return w.Put(rows.TokensTable, []byte(key), value)
	})
}

// typical returns a value as long as those of the first thousand tokens are on
// average, and the number of the last token.
func typical(db store.DB) (value []byte, last token.Number, err error) {
	count, bytes := 0, 0
	err = db.View(context.Background(), func(r store.Reader) error {
		err := r.Scan(rows.TokensTable, store.Range{}, func(_, value []byte) error {
			count, bytes = count+1, bytes+len(value)
			if count == 1000 {
				return store.Stop
			}
			return nil
		})
		if err != nil {
			return err
		}
		return r.Scan(rows.TokensTable, store.Range{Reverse: true}, func(key, _ []byte) error {
			last, _, _ = rows.ParseTokenKey(key)
			return store.Stop
		})
	})
	if err != nil || count == 0 || last == 0 {
		return nil, 0, fmt.Errorf("no rows to take after: %w", err)
	}
	return make([]byte, bytes/count), last, nil
}

// copyStore copies the store of h and its keys, so that two can begin with the same file.
func copyStore(h *house, folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := copyFile(filepath.Join(h.folder, "keys"), filepath.Join(folder, "keys")); err != nil {
		return err
	}
	return copyFile(boltfile.Path(h.folder), boltfile.Path(folder))
}

func copyFile(path, copied string) error {
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(copied, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	if e := to.Close(); err == nil {
		err = e
	}
	return err
}
