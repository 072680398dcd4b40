package rekey

import (
	"bytes"
	"context"
	"fmt"

	"tokenscale/authority/keyring"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/store"
)

// resealBatch is how many rows one transaction reads, and at most writes.
const resealBatch = 1000

// growth is how many bytes longer a row may become: a checkpoint gets a signature of each key.
const growth = 1 << 10

// Restored seals every row of a store that no server has open under the newest of the keys, and has
// the store say so: for a copy from before they were rotated. It may be cut off and begun again at
// any time.
func Restored(ctx context.Context, db store.DB, keys *keyring.Keys) error {
	db.SumBy(keys)
	all := rows.New(keys)
	if _, err := reseal(ctx, db, all); err != nil {
		return err
	}
	return db.Update(ctx, func(w store.Writer) error {
		s, found, err := all.Sealing.Get(w, rows.KeysKey)
		if err != nil || !found {
			return err
		}
		return all.Sealing.Put(w, rows.KeysKey, keyring.Sealing{Key: keys.SealingID(), Done: true, Step: s.Step + 1})
	}, store.UseReserve)
}

// reseal seals every row of the store that stands under another key under the one that seals, and
// returns how many those were. Checkpoints among them are signed anew. It may be cut off and begun
// again at any time.
func reseal(ctx context.Context, db store.DB, all *rows.Rows) (n int, err error) {
	s := resealer{all}
	for _, t := range rows.Tables() {
		moved, err := s.table(ctx, db, t)
		if n += moved; err != nil {
			return n, fmt.Errorf("bringing the rows under the key that seals: %w", err)
		}
	}
	return n, nil
}

// A resealer brings rows under the one of its keys that seals.
type resealer struct{ rows *rows.Rows }

func (s resealer) table(ctx context.Context, db store.DB, t store.Table) (n int, err error) {
	most := store.BatchSize(db, resealBatch, 1, 0)
	_, space := db.Limits()
	for from, more := []byte(nil), true; more; more = from != nil {
		var next []byte
		var moved int
		if err := db.Update(ctx, func(w store.Writer) (err error) {
			next, moved, err = s.some(w, t, from, most, space)
			return err
		}, store.UseReserve); err != nil {
			return n, err
		}
		n, from = n+moved, next
	}
	return n, nil
}

// some does it for some rows of t, which take no more than so many bytes, and returns where the
// next ones begin.
func (s resealer) some(w store.Writer, t store.Table, from []byte, most, space int) (next []byte, n int, err error) {
	seen := 0
	err = w.Scan(t, store.Range{From: from}, func(key, row []byte) error {
		space -= len(key) + len(row) + growth
		if seen++; seen > most || space < 0 && seen > 1 {
			next = bytes.Clone(key)
			return store.Stop
		}
		payload, err := s.rows.Keys.Open(t, key, row)
		if err != nil || keyring.KeyOf(row) == s.rows.Keys.SealingID() {
			return err
		}
		if t == rows.CheckpointsTable {
			payload = s.resign(w, key, payload)
		}
		n++
		return w.Put(t, key, s.rows.Keys.Seal(t, key, payload))
	})
	return next, n, err
}

// resign signs a stored checkpoint anew, if it is sound; else it is for the
// examination of the log to report.
func (s resealer) resign(r store.Reader, key, payload []byte) []byte {
	text, err := s.rows.Checkpoints.Parse(key, payload)
	if err != nil {
		return payload
	}
	c, err := ledger.New(s.rows).OpenCheckpoint(r, text)
	if err != nil {
		return payload
	}
	signed, err := s.rows.Keys.SignCheckpoint(c)
	if err != nil {
		return payload
	}
	return rows.PackedText(signed)
}
