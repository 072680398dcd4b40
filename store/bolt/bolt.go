// Package bolt keeps a store in one file, with bbolt.
//
// One goroutine does all the writing. It takes the callers of Update that
// wait, runs their functions one after the other above one bbolt transaction,
// commits once for all of them, tells the followers, and answers. The more
// callers there are, the more of them share a commit; a single caller waits
// for nobody.
//
// A commit that fails stops the writing for good, since bbolt cannot say
// whether it is in the file: a disk that reports an error once may have lost
// pages that it never mentions again. The process should end and be started
// anew. The one failure that stops nothing is want of space found before
// anything was written; see room.go.
package bolt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"tokenscale/store"
)

// DB is a store.DB in a folder of the local disk.
type DB struct {
	options Options
	path    string
	lock    *os.File
	handle  atomic.Pointer[handle]
	readers readers
	place   sync.Mutex // held while the file at path is looked at, or another one is put there

	queue   chan *call
	between chan func() // what the committer is to do between two commits
	current *batch      // the batch in progress; it belongs to the committer
	closing chan struct{}
	done    chan struct{} // closed when no committer is left
	loops   sync.WaitGroup

	readOnly error         // why it was opened to be read; nil if it takes writes
	lacks    []store.Table // declared, and not in a file that is only read

	stopping sync.Once
	stopped  chan struct{}
	cause    error // why it stopped; read it after stopped is closed

	once     sync.Once
	closeErr error

	mu        sync.Mutex
	followers []func([]store.Change)
	stats     store.Stats
	begun     time.Time // when the batch in progress began; zero if there is none
	refused   atomic.Uint64
	giveUp    context.CancelCauseFunc // ends the compaction; nil if there is none

	changed     recorder
	compactions sync.WaitGroup // and those who read a file that one has retired
}

// Open opens the store in o.Folder, or makes one. Only one process can have
// it open: a second one gets ErrLocked within two seconds. A file that bbolt
// cannot read gives store.ErrDamaged, one of another schema ErrSchema, one
// that other users can read ErrExposed; each leaves the file as it was. A
// folder that is no safe home for a store gives ErrHome or ErrUnwritable.
func Open(o Options) (_ *DB, err error) {
	if o, err = o.filled(); err != nil {
		return nil, err
	}
	if err := o.findHome(); err != nil {
		return nil, fmt.Errorf("opening store %s: %w", o.Folder, err)
	}
	held, err := o.lock()
	if err != nil {
		return nil, err
	}
	db := &DB{
		options:  o,
		path:     Path(o.Folder),
		lock:     held,
		readOnly: o.unwritten(),
		queue:    make(chan *call, o.QueueLength),
		between:  make(chan func()),
		closing:  make(chan struct{}),
		done:     make(chan struct{}),
		stopped:  make(chan struct{}),
	}
	if err := db.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("opening store %s: %w", o.Folder, err), db.release())
	}
	db.start()
	return db, nil
}

// open opens the file. What it opened, release closes.
func (db *DB) open() (err error) {
	defer faultsPanic()()
	defer guard(&err)
	if err := create(db.options, db.path); err != nil {
		return err
	}
	if err := inspect(db.path); err != nil {
		return err
	}
	if err := check(db.path); err != nil {
		return err
	}
	h := &handle{}
	db.handle.Store(h)
	if err := h.open(db.path, boltOptions(db.options, os.OpenFile)); err != nil {
		return err
	}
	if err := agree(db.options, h.bolt); err != nil {
		return err
	}
	if err := db.declare(h.bolt); err != nil {
		return err
	}
	if err := errors.Join(h.identify(), db.same()); err != nil || db.readOnly != nil {
		return err
	}
	_ = os.Remove(CompactPath(db.options.Folder)) // what a kill may have left of a compaction; if it stays it only takes space
	return nil
}

// start makes the first room and sets the two goroutines going.
func (db *DB) start() {
	if db.readOnly == nil {
		db.firstRoom()
	}
	db.loops.Add(1)
	go db.commitLoop(nil)
	db.watch()
	go func() {
		db.loops.Wait()
		close(db.done)
	}()
}

// Follow implements store.DB.
func (db *DB) Follow(fn func([]store.Change)) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.followers = append(db.followers, fn)
}

// Close implements store.DB.
func (db *DB) Close() error {
	db.once.Do(func() {
		db.mu.Lock()
		close(db.closing) // no compaction begins any more
		db.mu.Unlock()
		<-db.done
		db.compactions.Wait()
		db.closeErr = db.release()
	})
	return db.closeErr
}

// release closes the file and then lets go of the folder.
func (db *DB) release() error {
	var err error
	if h := db.handle.Load(); h != nil {
		err = h.close()
	}
	return errors.Join(err, db.lock.Close())
}

// isClosed reports whether c is closed.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
