package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"tokenscale/platform"
	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
)

// A store is compacted while it is open: the committer stands still, all rows are written into a
// new file, the copy is checked, and it takes the name of the old file. Callers of Update wait
// that long. Readers do not: who reads the old file finishes there.
//
// Until the new file has the name, the old one is the store and knows nothing of all this:
// whatever fails, or cuts us off, costs only the copy.

// ErrCompacting means that the store is being compacted already.
var ErrCompacting = errors.New("the store is being compacted already")

// ErrNoSpace means that there is no space for a second file beside the store.
var ErrNoSpace = errors.New("there is no space for a new file beside the store")

// Compact implements store.Compacter. A second one meanwhile gets ErrCompacting; want of space
// is ErrNoSpace.
func (db *DB) Compact(ctx context.Context, sound func(t store.Table, key, value []byte) error) (done store.Compaction, err error) {
	defer boltfile.FaultsPanic()()
	end, err := db.beginCompaction()
	if err != nil {
		return done, err
	}
	defer end()
	resume, err := db.committer.Pause(ctx)
	if err != nil {
		return done, err
	}
	defer resume()
	began := db.options.Now()
	done.Before = db.file.Load().Size()
	c := &compaction{db: db, ctx: ctx, sound: sound, old: db.file.Load(), path: boltfile.CompactPath(db.options.Folder)}
	if err := c.run(); err != nil {
		return done, errors.Join(fmt.Errorf("compacting the store: %w", err), c.blame(err), c.discard())
	}
	done.After, done.Held = c.fresh.Size(), db.options.Now().Sub(began)
	return done, nil
}

// beginCompaction keeps other compactions away until end is called.
func (db *DB) beginCompaction() (end func(), err error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.compacting {
		return nil, ErrCompacting
	}
	db.compacting = true
	return func() {
		db.mu.Lock()
		defer db.mu.Unlock()
		db.compacting = false
	}, nil
}

// compaction is one that is under way.
type compaction struct {
	db    *DB
	ctx   context.Context
	sound func(t store.Table, key, value []byte) error
	path  string
	old   *boltfile.File
	fresh *boltfile.File // nil before it is made
	inUse bool           // the new file is the store
}

// run does all of it.
func (c *compaction) run() error {
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"make", c.makeFile}, {"copy", c.copyRows}, {"compare", c.compare}, {"check", c.checkPages},
		{"reserve", c.takeReserve}, {"exchange", c.exchange},
	} {
		if err := c.reach(step.name); err != nil {
			return err
		}
		if err := step.do(); err != nil {
			return err
		}
	}
	return nil
}

// reach is called between two steps, and lets tests in.
func (c *compaction) reach(step string) error {
	if err := c.hook(step); err != nil {
		return err
	}
	return c.over()
}

func (c *compaction) hook(step string) error {
	if hook := c.db.options.atStep; hook != nil {
		return hook(step, c.fresh)
	}
	return nil
}

// over says why the compaction need not go on.
func (c *compaction) over() error {
	switch {
	case isClosed(c.db.committer.Closing()):
		return store.ErrClosed
	case c.db.Err() != nil:
		return c.db.Err()
	}
	return context.Cause(c.ctx)
}

// makeFile makes the new file, if there is space for it.
func (c *compaction) makeFile() (err error) {
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
		return fmt.Errorf("%w: it may take %d bytes, and %d are free", ErrNoSpace, need, free)
	}
	if err := os.Remove(c.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err // a kill may have left one
	}
	c.fresh, err = boltfile.Open(c.path, boltfile.Options{MaxSize: c.db.options.MaxSize, New: true})
	return err
}

// copyRows copies all rows.
func (c *compaction) copyRows() error { return c.fresh.CopyRows(c.old) }

// compare compares the copy with the store row by row, and asks whether its rows are sound and
// those that were written last.
func (c *compaction) compare() error {
	rows, all := 0, c.db.newTotals()
	err := c.fresh.CheckCopy(c.old, func(t store.Table, key, value []byte) error {
		if rows++; rows%1024 == 0 {
			if err := c.over(); err != nil {
				return err
			}
		}
		table, declared := slices.BinarySearch(c.db.options.Tables, t)
		if !declared {
			return nil // nobody here knows its rows
		}
		all.add(table, key, value)
		return c.sound(t, key, value)
	})
	if err == nil {
		err = all.agree(c.fresh)
	}
	return err
}

func (c *compaction) checkPages() error {
	if err := c.fresh.Trim(); err != nil {
		return err
	}
	return c.fresh.CheckPages(c.over)
}

// takeReserve keeps space back in the new file, as there is in the old one.
func (c *compaction) takeReserve() error {
	tx, err := c.fresh.Begin(false)
	if err != nil {
		return err
	}
	used := tx.Used()
	tx.ReleaseMemory() // all of it was read, and would count as memory of ours
	if err := tx.Rollback(); err != nil {
		return err
	}
	return c.fresh.Grow(used+c.db.options.Reserve, c.db.options.MaxSize)
}

// blame stops the store if damage that showed is its own and not the copy's.
func (c *compaction) blame(err error) error {
	if !errors.Is(err, store.ErrDamaged) || c.inUse {
		return nil
	}
	if damage := boltfile.Check(c.db.path); damage != nil {
		return c.db.stop(damage)
	}
	return nil
}

// discard removes the new file, unless it is the store by now.
func (c *compaction) discard() error {
	if c.inUse || c.fresh == nil {
		return nil
	}
	err := os.Remove(c.path)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return errors.Join(c.fresh.Close(), err)
}
