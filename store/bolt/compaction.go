package bolt

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"tokenscale/store"
)

// A store is compacted while it is open by copying it into a new file, piece
// by piece, in transactions that are over at once; what is changed meanwhile is
// recorded and copied again. When hardly anything is left to be copied again,
// the committer stands still for a moment: the last changes are copied, and the
// new file takes the name of the old one. Whoever reads the old file then
// finishes there.
//
// Until the new file has the name, the old one is the store and knows nothing
// of all this: whatever fails, or cuts us off, costs only the copy.

// compactName is the new file of a compaction until it takes the place of the
// store.
const compactName = "store.db.compact"

// CompactPath returns where the new file of a compaction of the store in
// folder is made.
func CompactPath(folder string) string { return filepath.Join(folder, compactName) }

// ErrCompacting means that the store is being compacted already.
var ErrCompacting = errors.New("the store is being compacted already")

// ErrNoRoom means that there is no room for a second file beside the store.
var ErrNoRoom = errors.New("there is no room for a new file beside the store")

// ErrBusy means that the store is changed faster than a compaction can copy.
var ErrBusy = errors.New("the store is changed faster than it can be copied; compact it at a calmer time")

// errNeeded is why a compaction gives up its file when the disk is full.
var errNeeded = fmt.Errorf("%w: the disk is full, and the store needs the space for changes", ErrNoRoom)

const (
	catchUpAt = 1 << 16 // changed rows after which the copy is brought up to date before it goes on
	tooMany   = 1 << 20 // changed rows that are not kept in memory any more
	few       = 500     // changed rows for which the committer may stand still
	stride    = 4 << 20 // bytes by which the copy is made longer; each time what was written is synced
	mostTurns = 30      // times that the copy is brought up to date until they are so few
)

// A Compaction is what became of the file.
type Compaction struct {
	Before, After int64         // its size in bytes, with what is kept back
	Held          time.Duration // for how long changes waited
}

// Compact writes the rows of the store into a new file, without the space that
// the old one does not use any more, and goes on with that. Readers and callers
// of Update wait only at its end, for some writes to the disk. sound is asked of
// each row of a declared table as it stands in the new file; its error ends the
// compaction.
//
// After an error the store is as it was and the new file is gone, unless the
// error wraps store.ErrStopped. One of a second Compact is ErrCompacting, one
// for want of space ErrNoRoom; Compact ends with ctx and with the store.
func (db *DB) Compact(ctx context.Context, sound func(t store.Table, key, value []byte) error) (done Compaction, err error) {
	defer faultsPanic()()
	ctx, end, err := db.beginCompaction(ctx)
	if err != nil {
		return done, err
	}
	defer end()
	done.Before = db.handle.Load().size.Load()
	c := &compaction{db: db, ctx: ctx, sound: sound, path: CompactPath(db.options.Folder), fresh: &handle{}}
	if err = c.run(); err != nil {
		return done, errors.Join(fmt.Errorf("compacting the store: %w", err), c.discard())
	}
	done.After, done.Held = c.fresh.size.Load(), c.held
	return done, nil
}

// beginCompaction keeps other compactions away until end is called. The
// context it returns ends with ctx, with the store, and for want of space.
func (db *DB) beginCompaction(ctx context.Context) (_ context.Context, end func(), err error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if isClosed(db.closing) {
		return nil, nil, store.ErrClosed
	}
	if err := db.Err(); err != nil {
		return nil, nil, err
	}
	if db.stats.Compacting {
		return nil, nil, ErrCompacting
	}
	db.stats.Compacting = true
	db.compactions.Add(1)
	ctx, cancel := context.WithCancelCause(ctx)
	db.giveUp = cancel
	ended := make(chan struct{})
	db.compactions.Go(func() {
		select {
		case <-db.closing:
			cancel(store.ErrClosed)
		case <-db.stopped:
			cancel(db.Err())
		case <-ended:
		}
	})
	return ctx, func() {
		close(ended)
		cancel(nil)
		db.mu.Lock()
		defer db.mu.Unlock()
		db.stats.Compacting = false
		db.giveUp = nil
		db.compactions.Done()
	}, nil
}

// needSpace ends a compaction that takes the space which changes need.
func (db *DB) needSpace() {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.giveUp != nil {
		db.giveUp(errNeeded)
	}
}

// compaction is one that is under way.
type compaction struct {
	db    *DB
	ctx   context.Context
	sound func(t store.Table, key, value []byte) error
	path  string
	fresh *handle // the new file

	tables []store.Table
	at     place  // the rows before it are copied
	buffer []byte // rows on their way, in pieces of it
	rows   []row
	copied []row // rows that are compared with them
	inUse  bool  // the new file is the store
	held   time.Duration
}

// run does all of it.
func (c *compaction) run() error {
	c.db.changed.begin(tooMany)
	defer c.db.changed.end()
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"open", c.open}, {"copy", c.copyAll}, {"compare", c.compareAll}, {"check", c.checkPages}, {"room", c.takeRoom}, {"exchange", c.exchange},
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

// reach is called between two pieces of work.
func (c *compaction) reach(step string) error {
	if err := c.db.hook(step); err != nil {
		return err
	}
	return context.Cause(c.ctx)
}

// hook lets tests in.
func (db *DB) hook(step string) error {
	if hook := db.options.atStep; hook != nil {
		return hook(step)
	}
	return nil
}
