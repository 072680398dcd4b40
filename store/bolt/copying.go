package bolt

import (
	"bytes"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"tokenscale/store"
)

// fill is how full the pages of a copy are made. What a page has left is for
// the rows that come between the others.
const fill = 0.9

// pieceSize is how many bytes of rows are copied in one transaction.
const pieceSize = 256 << 10

// piece is some rows of a table that follow each other.
type piece struct {
	table    store.Table
	from, to []byte // the range it covers; nil is open
	rows     []row
}

// copyAll copies all rows, piece by piece.
func (c *compaction) copyAll() error {
	return c.pieces(func(p piece) error {
		err := c.change(func(tx *bbolt.Tx) error { return putAll(tx.Bucket([]byte(p.table)), p.rows) })
		if c.at = (place{p.table, string(p.to)}); p.to == nil {
			c.at = place{table: p.table + "\x00"} // no name of a table is between the two
		}
		return err
	})
}

// pieces calls fn with all rows of the store, some megabytes at a time. Rows
// that are changed meanwhile may come as they were.
func (c *compaction) pieces(fn func(piece) error) error {
	for _, t := range c.tables {
		for p := (piece{table: t}); ; p = (piece{table: t, from: p.to}) {
			begun := c.db.options.Now()
			if err := c.reach("piece"); err != nil {
				return err
			}
			if err := c.read(&p); err != nil {
				return err
			}
			if err := fn(p); err != nil {
				return err
			}
			if err := c.keepUp(); err != nil {
				return err
			}
			if p.to == nil {
				break
			}
			c.rest(begun)
		}
	}
	return nil
}

// leisure is how many times as long as a piece took a compaction rests after
// it. It allocates much, and others who do would have to help the collector.
const leisure = 2

// rest leaves the processor and the disk to others, who are not as patient.
func (c *compaction) rest(begun time.Time) {
	took := c.db.options.Now().Sub(begun)
	if took <= 0 {
		return
	}
	timer := time.NewTimer(min(leisure*took, time.Second))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.ctx.Done():
	}
}

// read reads the rows of p, which are valid until the next read, and finds its
// end.
func (c *compaction) read(p *piece) error {
	buffer, rows := c.buffer[:0], c.rows[:0]
	defer func() { c.buffer, c.rows, p.rows = buffer, rows, rows }()
	return c.look(func(tx *bbolt.Tx) error {
		defer letGo(tx) // whoever walks over all of it would count as much memory
		cursor := tx.Bucket([]byte(p.table)).Cursor()
		k, v := cursor.Seek(p.from)
		for ; k != nil && (len(buffer) == 0 || len(buffer) < c.db.options.piece); k, v = cursor.Next() {
			if v == nil {
				return fmt.Errorf("the table %q has a table in it", p.table)
			}
			start, middle := len(buffer), len(buffer)+len(k)
			buffer = append(append(buffer, k...), v...)
			rows = append(rows, row{buffer[start:middle:middle], buffer[middle:]})
		}
		p.to = bytes.Clone(k)
		return nil
	})
}

// look calls fn with the store as it is. It must be quick: as long as it runs,
// no space is used again.
func (c *compaction) look(fn func(tx *bbolt.Tx) error) error {
	tx, err := c.db.begin(false)
	if err != nil {
		return err
	}
	r := &reader{ctx: c.ctx, stop: c.db.stop}
	defer c.db.readers.enter(r, c.db.options.Now())()
	err = func() (err error) {
		defer r.guard(&err) // what cannot be read here is damage of the store
		return fn(tx.Tx)
	}()
	if failed := c.db.rollback(tx); err == nil {
		err = failed
	}
	return err
}

// change changes the copy.
func (c *compaction) change(fn func(tx *bbolt.Tx) error) (err error) {
	defer guard(&err)
	return c.fresh.bolt.Update(fn)
}

func putAll(b *bbolt.Bucket, rows []row) error {
	b.FillPercent = fill
	for _, r := range rows {
		if err := b.Put(r.key, r.value); err != nil {
			return err
		}
	}
	return nil
}
