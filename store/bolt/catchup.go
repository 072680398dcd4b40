package bolt

import (
	"bytes"

	"go.etcd.io/bbolt"
)

// keepUp brings the copy up to date if much was changed since the last time.
func (c *compaction) keepUp() error {
	if c.db.changed.count() > c.db.options.catchUpAt {
		return c.catchUp()
	}
	return nil
}

// catchUp copies again what was changed since the last time.
func (c *compaction) catchUp() error {
	changed, err := c.db.changed.take()
	if err != nil {
		return err
	}
	for len(changed) > 0 {
		n := min(len(changed), atOnce)
		if err := c.copyAgain(changed[:n]); err != nil {
			return err
		}
		changed = changed[n:]
	}
	return nil
}

// atOnce is how many changed rows are copied again in one transaction.
const atOnce = 1 << 12

// copyAgain brings rows to what they are in the store by now. Those that are
// not copied yet will be, as they are then.
func (c *compaction) copyAgain(changed []place) error {
	now := make([]row, len(changed))
	err := c.look(func(tx *bbolt.Tx) error {
		for i, p := range changed {
			now[i] = row{[]byte(p.key), bytes.Clone(tx.Bucket([]byte(p.table)).Get([]byte(p.key)))}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.change(func(tx *bbolt.Tx) error {
		for i, p := range changed {
			if p.compare(c.at) >= 0 {
				continue
			}
			if err := set(tx.Bucket([]byte(p.table)), now[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func set(b *bbolt.Bucket, r row) error {
	if r.value == nil {
		return b.Delete(r.key)
	}
	return b.Put(r.key, r.value)
}
