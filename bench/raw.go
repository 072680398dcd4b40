//go:build bench

package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

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
	value, err := typical(db)
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
			return func() error { return put(db, value) }, func() {}, nil
		})
	})
	return nil
}

func put(db store.DB, value []byte) error {
	key, err := token.NewID(rand.Reader)
	if err != nil {
		return err
	}
	return db.Update(context.Background(), func(w store.Writer) error {
		return w.Put(rows.Tables()[0], []byte(key), value)
	})
}

// typical returns a value as long as those of the first thousand tokens are on
// average.
func typical(db store.DB) ([]byte, error) {
	count, bytes := 0, 0
	err := db.View(context.Background(), func(r store.Reader) error {
		return r.Scan(rows.Tables()[0], store.Range{}, func(_, value []byte) error {
			count, bytes = count+1, bytes+len(value)
			if count == 1000 {
				return store.Stop
			}
			return nil
		})
	})
	if err != nil || count == 0 {
		return nil, fmt.Errorf("no rows to take after: %w", err)
	}
	return make([]byte, bytes/count), nil
}

// copyStore copies the store of h, so that two can begin with the same file.
func copyStore(h *house, folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	from, err := os.Open(boltfile.Path(h.folder))
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(boltfile.Path(folder), os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	if e := to.Close(); err == nil {
		err = e
	}
	return err
}
