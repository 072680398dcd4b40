package bolt

import (
	"context"
	"fmt"

	"tokenscale/loop"
	"tokenscale/store"
)

// same reports whether the file at the path is still the one that is open, and whole.
func (db *DB) same() error {
	db.place.Lock()
	defer db.place.Unlock()
	return db.file.Load().Same(db.path)
}

// watchFile looks at the file from time to time until ctx ends.
func (db *DB) watchFile(ctx context.Context) {
	loop.Every(ctx, db.options.CheckEvery, func(context.Context) {
		if err := db.same(); err != nil {
			_ = db.stop(err) // Err tells it
		}
	})
}

// stop takes no more writes, because of cause, and returns what Err returns from now on. Only
// the first cause counts.
func (db *DB) stop(cause error) error { return db.committer.Stop(cause) }

// metDamage stops the writing because damage showed while reading: whoever writes to a damaged
// file spreads the damage. A store that is only read goes on with what can be read.
func (db *DB) metDamage(cause error) {
	if !db.options.ReadOnly {
		_ = db.stop(cause) // the reader gets the cause itself
	}
}

// unwritten says why a store that is opened to be read takes no writes, and what to do.
func (o Options) unwritten() error {
	if !o.ReadOnly {
		return nil
	}
	return fmt.Errorf("%w: the file system of %s is read-only, or the folder is immutable. Make it writable, and start again",
		store.ErrReadOnly, o.Folder)
}
