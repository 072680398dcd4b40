package bolt

import (
	"errors"
	"fmt"
	"os"

	"tokenscale/platform"
)

// exchange puts the new file in the place of the old one. Until the rename it may fail and
// nothing has happened.
func (c *compaction) exchange() error {
	if err := c.fresh.Persist(); err != nil {
		return err
	}
	if err := c.reach("swap"); err != nil {
		return err
	}
	if err := c.db.same(); err != nil {
		return c.db.stop(err)
	}
	return c.rename()
}

// rename gives the new file the name of the old one. From then on it is the store; but it is not
// before the folder is on the disk that a change in it may be acknowledged, so a failure of that
// stops the store.
func (c *compaction) rename() error {
	if err := c.takeName(); err != nil {
		if lost := c.db.same(); lost != nil {
			return c.db.stop(fmt.Errorf("%w (%w)", lost, err))
		}
		return err // the old file is where it was
	}
	c.retireOld()
	if err := errors.Join(c.hook("renamed"), platform.SyncFolder(c.db.options.Folder)); err != nil {
		return c.db.stop(fmt.Errorf("putting the compacted file in its place: %w", err))
	}
	c.db.mu.Lock()
	defer c.db.mu.Unlock()
	c.db.compactions++
	return nil
}

// takeName renames the file while nobody looks at its place.
func (c *compaction) takeName() error {
	c.db.place.Lock()
	defer c.db.place.Unlock()
	if err := os.Rename(c.path, c.db.path); err != nil {
		return err
	}
	c.inUse = true
	_ = c.hook("named")
	c.db.file.Store(c.fresh)
	return nil
}

// retireOld closes the old file when the last who reads it has gone. It has no name any more,
// and there is nobody to whom a failure would matter.
func (c *compaction) retireOld() {
	idle := c.old.Retire()
	c.db.loops.Go(func() {
		<-idle
		_ = c.old.Close()
	})
}
