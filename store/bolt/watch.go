package bolt

import (
	"errors"
	"fmt"
	"os"
	"time"

	"tokenscale/store"
)

// errMoved is the cause of a stop when the file was taken from under us. Who
// moved it may have put another in its place, and a second server could be
// writing there: what we acknowledge would be lost.
var errMoved = errors.New("the file is no longer at its path")

// same reports whether the file at the path is still the one that is open.
func (db *DB) same() error {
	db.place.Lock()
	defer db.place.Unlock()
	h := db.handle.Load()
	info, err := os.Lstat(db.path)
	if err != nil {
		return fmt.Errorf("%w: %w", errMoved, err)
	}
	if !os.SameFile(info, h.identity) {
		return fmt.Errorf("%w: there is another file at %s", errMoved, db.path)
	}
	return db.whole(h)
}

// watch looks at the file from time to time until the store stops or closes.
func (db *DB) watch() {
	db.loops.Add(1)
	go func() {
		defer db.loops.Done()
		tick := time.NewTicker(db.options.CheckEvery)
		defer tick.Stop()
		for {
			select {
			case <-db.closing:
				return
			case <-db.stopped:
				return
			case <-tick.C:
				if err := db.same(); err != nil {
					db.stop(err)
				}
			}
		}
	}()
}

// stop takes no more writes, because of cause, and returns what Err returns
// from now on. Only the first cause counts.
func (db *DB) stop(cause error) error {
	db.stopping.Do(func() {
		db.cause = fmt.Errorf("%w: %w", store.ErrStopped, cause)
		close(db.stopped)
	})
	return db.Err()
}

// Stopped implements store.DB.
func (db *DB) Stopped() <-chan struct{} { return db.stopped }

// Err implements store.DB.
func (db *DB) Err() error {
	if isClosed(db.stopped) {
		return db.cause
	}
	return db.readOnly
}

// unwritten says why a store that is opened to be read takes no writes, and
// what to do.
func (o Options) unwritten() error {
	if !o.ReadOnly {
		return nil
	}
	return fmt.Errorf("%w: the file system of %s is read-only, or the folder is immutable. Make it writable, and start again", store.ErrReadOnly, o.Folder)
}

// metDamage stops the writing because damage showed while reading: whoever
// writes to a damaged file spreads the damage. A store that is only read goes
// on with what can be read.
func (db *DB) metDamage(cause error) error {
	if db.readOnly != nil {
		return cause
	}
	return db.stop(cause)
}
