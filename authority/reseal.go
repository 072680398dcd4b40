package authority

import (
	"bytes"
	"context"
	"fmt"

	"tokenscale/store"
)

// resealBatch is how many rows one transaction reads, and at most writes.
const resealBatch = 1000

// Reseal seals every row of the store that stands under an older key under
// the newest, and returns how many those were. Checkpoints among them are
// signed anew. It may be cut off and begun again at any time.
func Reseal(ctx context.Context, db store.DB, keys *Keys) (rows int, err error) {
	for _, t := range Tables() {
		n, err := keys.resealTable(ctx, db, t)
		if rows += n; err != nil {
			return rows, fmt.Errorf("bringing the rows under the newest key: %w", err)
		}
	}
	return rows, nil
}

func (k *Keys) resealTable(ctx context.Context, db store.DB, t store.Table) (rows int, err error) {
	for from, more := []byte(nil), true; more; more = from != nil {
		var next []byte
		var n int
		if err := db.Update(ctx, func(w store.Writer) (err error) {
			next, n, err = k.resealSome(w, t, from)
			return err
		}, store.UseReserve); err != nil {
			return rows, err
		}
		rows, from = rows+n, next
	}
	return rows, nil
}

// resealSome does it for some rows of t, and returns where the next ones begin.
func (k *Keys) resealSome(w store.Writer, t store.Table, from []byte) (next []byte, n int, err error) {
	seen := 0
	err = w.Scan(t, store.Range{From: from}, func(key, row []byte) error {
		if seen++; seen > resealBatch {
			next = bytes.Clone(key)
			return store.Stop
		}
		payload, err := k.open(t, key, row)
		if err != nil || keyOf(row) == k.current.id {
			return err
		}
		if t == checkpointsTable {
			payload = k.resign(key, payload)
		}
		n++
		return w.Put(t, key, k.seal(t, key, payload))
	})
	return next, n, err
}

// resign signs a stored checkpoint anew, if it is sound; else it is for the
// examination of the log to report.
func (k *Keys) resign(key, payload []byte) []byte {
	text, err := newTrail(k).checkpoints.parse(key, payload)
	if err != nil {
		return payload
	}
	c, err := k.openCheckpoint(text)
	if err != nil {
		return payload
	}
	signed, err := c.Sign(k.signers()...)
	if err != nil {
		return payload
	}
	var p packer
	packText(&p, signed)
	return p.out
}
