package bolt

import (
	"errors"
	"fmt"
	"os"

	"go.etcd.io/bbolt"

	"tokenscale/platform"
	"tokenscale/store"
)

// open makes the new file, if there is room for it.
func (c *compaction) open() (err error) {
	used, err := c.db.used()
	if err != nil {
		return err
	}
	free, _, err := platform.Space(c.db.options.Folder)
	if err != nil {
		return err
	}
	need := used + used/8 + c.db.options.Reserve
	if free < uint64(need) {
		return fmt.Errorf("%w: it may take %d bytes, and %d are free", ErrNoRoom, need, free)
	}
	if err := os.Remove(c.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err // a kill may have left one
	}
	defer guard(&err)
	o := boltOptions(c.db.options, createNew)
	o.NoSync = true
	if err := c.fresh.open(c.path, o); err != nil {
		return err
	}
	c.fresh.bolt.AllocSize = stride
	return c.makeTables()
}

// discard removes the new file, unless it is the store by now.
func (c *compaction) discard() error {
	if c.inUse {
		return nil
	}
	err := c.fresh.close()
	if c.fresh.raw != nil {
		err = errors.Join(err, os.Remove(c.path))
	}
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return err
}

// makeTables makes the tables of the store in the copy.
func (c *compaction) makeTables() error {
	sequences := map[store.Table]uint64{}
	err := c.look(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, rows *bbolt.Bucket) error {
			c.tables = append(c.tables, store.Table(name))
			sequences[store.Table(name)] = rows.Sequence()
			return nil
		})
	})
	if err != nil {
		return err
	}
	return c.change(func(tx *bbolt.Tx) error {
		for _, t := range c.tables {
			rows, err := tx.CreateBucket([]byte(t))
			if err == nil {
				err = rows.SetSequence(sequences[t])
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
