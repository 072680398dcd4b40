package bolt

import (
	"bytes"
	"errors"
	"math/bits"
	"os"
	"slices"

	"go.etcd.io/bbolt"
)

// compareAll compares the copy with the store row by row, and asks whether its
// rows are sound. Rows that were changed since the copy was brought up to date
// may differ: they will be copied again.
func (c *compaction) compareAll() error {
	return c.pieces(func(p piece) error {
		differ, err := c.compare(p)
		if err != nil {
			return err
		}
		for _, key := range differ {
			if !c.db.changed.has(p.table, key) {
				return damage("the copy has another row in the place of %q in %s", key, p.table)
			}
		}
		return nil
	})
}

// compare returns the keys of the rows in which the copy differs from p.
func (c *compaction) compare(p piece) (differ [][]byte, err error) {
	defer guard(&err)
	err = c.fresh.bolt.View(func(tx *bbolt.Tx) error {
		defer letGo(tx) // it was read once, and would count as memory of ours
		copied := between(tx.Bucket([]byte(p.table)), p.from, p.to, c.copied[:0])
		c.copied = copied
		differ = differences(p.rows, copied)
		if !slices.Contains(c.db.options.Tables, p.table) {
			return nil // nobody here knows its rows
		}
		for _, r := range copied {
			if err := c.sound(p.table, r.key, r.value); err != nil {
				return err
			}
		}
		return nil
	})
	return differ, err
}

// between appends the rows of b in a range.
func between(b *bbolt.Bucket, from, to []byte, rows []row) []row {
	cursor := b.Cursor()
	for k, v := cursor.Seek(from); k != nil && (to == nil || bytes.Compare(k, to) < 0); k, v = cursor.Next() {
		rows = append(rows, row{k, v})
	}
	return rows
}

// differences returns the keys of the rows that only one of the two has, or
// that they have with different values.
func differences(a, b []row) (keys [][]byte) {
	for len(a) > 0 && len(b) > 0 {
		switch order := bytes.Compare(a[0].key, b[0].key); {
		case order < 0:
			keys, a = append(keys, bytes.Clone(a[0].key)), a[1:]
		case order > 0:
			keys, b = append(keys, bytes.Clone(b[0].key)), b[1:]
		default:
			if !bytes.Equal(a[0].value, b[0].value) {
				keys = append(keys, bytes.Clone(a[0].key))
			}
			a, b = a[1:], b[1:]
		}
	}
	for _, rest := range [][]row{a, b} {
		for _, r := range rest {
			keys = append(keys, bytes.Clone(r.key))
		}
	}
	return keys
}

// checkPages looks whether the pages of the copy are whole, and whether each
// is either used or free. bbolt's own check would do it on a goroutine where
// nobody catches its faults.
func (c *compaction) checkPages() error {
	f, err := os.Open(c.path)
	if err != nil {
		return err
	}
	walk := checker{f: f, over: c.ctx.Err}
	if err := errors.Join(walk.all(), f.Close()); err != nil {
		return err
	}
	used := 2 // the two that describe the file
	for _, word := range walk.seen {
		used += bits.OnesCount64(word)
	}
	free := c.fresh.bolt.Stats()
	if got := used + free.FreePageN + free.PendingPageN; uint64(got) != walk.pages {
		return damage("of its %d pages %d are in use or free", walk.pages, got)
	}
	return nil
}
