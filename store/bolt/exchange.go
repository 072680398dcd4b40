package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"

	"go.etcd.io/bbolt"

	"tokenscale/platform"
)

// takeRoom keeps space back in the new file, as there is in the old one, and
// gives up what is beyond that.
func (c *compaction) takeRoom() error {
	c.fresh.bolt.AllocSize = int(c.fresh.page)
	return c.fresh.bolt.View(func(tx *bbolt.Tx) error {
		if err := errors.Join(c.fresh.raw.Truncate(tx.Size()), c.fresh.identify()); err != nil {
			return err
		}
		return c.fresh.grow(c.fresh.used(tx.Size())+c.db.options.Reserve, c.db.options.MaxSize)
	})
}

// exchange puts the new file in the place of the old one, as soon as little
// was changed since it was brought up to date.
func (c *compaction) exchange() error {
	if err := c.settle(); err != nil {
		return err
	}
	c.fresh.bolt.NoSync = false
	if err := c.fresh.bolt.Sync(); err != nil {
		return err
	}
	answer := make(chan error, 1)
	select {
	case c.db.between <- func() { answer <- c.swap() }:
		return <-answer
	case <-c.ctx.Done():
		return context.Cause(c.ctx)
	}
}

// settle brings the copy up to date until few rows are left.
func (c *compaction) settle() error {
	for range mostTurns {
		if c.db.changed.count() <= few {
			return nil
		}
		if err := c.catchUp(); err != nil {
			return err
		}
		if err := c.reach("settle"); err != nil {
			return err
		}
	}
	return ErrBusy
}

// swap does what nobody may commit meanwhile. Until the rename it may fail and
// nothing has happened.
func (c *compaction) swap() error {
	began := c.db.options.Now()
	defer func() { c.held = c.db.options.Now().Sub(began) }()
	if err := c.reach("swap"); err != nil {
		return err
	}
	if err := c.db.Err(); err != nil {
		return err
	}
	if err := c.catchUp(); err != nil {
		return err
	}
	if err := c.fresh.identify(); err != nil {
		return err
	}
	if err := c.db.same(); err != nil {
		return c.db.stop(err)
	}
	return c.rename()
}

// rename gives the new file the name of the old one. From then on it is the
// store; but it is not before the folder is on the disk that a change in it may
// be acknowledged, so a failure of that stops the store.
func (c *compaction) rename() error {
	old := c.db.handle.Load()
	c.db.place.Lock()
	err := os.Rename(c.path, c.db.path)
	if c.inUse = err == nil; c.inUse {
		_ = c.db.hook("named")
		c.db.handle.Store(c.fresh)
	}
	c.db.place.Unlock()
	if err != nil {
		if lost := c.db.same(); lost != nil {
			return c.db.stop(fmt.Errorf("%w (%w)", lost, err))
		}
		return err // the old file is where it was
	}
	old.retire()
	c.db.compactions.Go(func() {
		<-old.idle
		_ = old.close() // it has no name any more, and nobody to whom a failure would matter
	})
	if err = errors.Join(c.db.hook("renamed"), platform.SyncFolder(c.db.options.Folder)); err != nil {
		return c.db.stop(fmt.Errorf("putting the compacted file in its place: %w", err))
	}
	c.db.countCompaction()
	return nil
}
