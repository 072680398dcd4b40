package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
	"tokenscale/store/overlay"
	"tokenscale/store/readers"
)

// DB is a store.DB in a folder of the local disk.
type DB struct {
	options   Options
	path      string
	lock      io.Closer
	committer *overlay.Committer
	file      atomic.Pointer[boltfile.File]
	readers   readers.Open
	// Held while the file at path is looked at, or another one is put there.
	place sync.Mutex
	loops sync.WaitGroup // what looks at the file, and who waits to close one that was replaced

	unwatch  context.CancelFunc
	once     sync.Once
	closeErr error

	mu          sync.Mutex
	compacting  bool
	compactions uint64
}

// The optional interfaces that a DB fulfils.
var (
	_ store.DB             = (*DB)(nil)
	_ store.Compacter      = (*DB)(nil)
	_ store.MemoryReleaser = (*DB)(nil)
)

// Open opens the store in o.Folder, or makes one. Only one process can have it open: a second
// one gets boltfile.ErrLocked within two seconds. A file that bbolt cannot read gives
// store.ErrDamaged, one of another schema boltfile.ErrSchema, one that other users can read
// boltfile.ErrExposed; each leaves the file as it was. A folder that is no safe home for a store
// gives boltfile.ErrHome or boltfile.ErrUnwritable.
func Open(o Options) (_ *DB, err error) {
	if o, err = o.filled(); err != nil {
		return nil, err
	}
	folder := boltfile.Folder{Path: o.Folder, AnyHome: o.AnyHome, ReadOnly: o.ReadOnly}
	held, err := folder.Hold()
	if err != nil {
		return nil, err
	}
	db := &DB{options: o, path: boltfile.Path(o.Folder), lock: held}
	defer boltfile.FaultsPanic()()
	f, err := folder.OpenStore(o.MaxSize, boltfile.Schema{Version: o.Schema, Tables: o.Tables})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening store %s: %w", o.Folder, err), held.Close())
	}
	db.file.Store(f)
	db.start()
	return db, nil
}

// start sets what happens by itself going, and takes the reserve.
func (db *DB) start() {
	db.committer = overlay.Start(backend{db}, overlay.Settings{
		Tables: db.options.Tables, QueueLength: db.options.QueueLength,
		BatchCount: db.options.BatchCount, BatchBytes: db.options.BatchBytes,
		Now: db.options.Now, Refuses: db.options.unwritten(),
	})
	if !db.options.ReadOnly {
		db.takeReserve()
	}
	ctx, cancel := context.WithCancel(context.Background())
	db.unwatch = cancel
	db.loops.Go(func() { db.watchFile(ctx) })
}

// Update implements store.DB.
func (db *DB) Update(ctx context.Context, fn func(store.Writer) error, how ...store.Option) error {
	return db.committer.Update(ctx, fn, how...)
}

// Follow implements store.DB.
func (db *DB) Follow(fn func([]store.Change)) { db.committer.Follow(fn) }

// SumBy implements store.DB.
func (db *DB) SumBy(by store.Summer) { db.committer.SumBy(by) }

// Stopped implements store.DB.
func (db *DB) Stopped() <-chan struct{} { return db.committer.Stopped() }

// Err implements store.DB.
func (db *DB) Err() error { return db.committer.Err() }

// Limits implements store.DB. bbolt takes transactions of any size that fits the file; larger
// ones than these would have others wait too long.
func (db *DB) Limits() (rows, bytes int) { return 1 << 16, 16 << 20 }

// ReleaseMemory implements store.MemoryReleaser.
func (db *DB) ReleaseMemory() {
	tx, err := db.begin(false)
	if err != nil {
		return
	}
	tx.ReleaseMemory()
	_ = tx.Rollback() // it has changed nothing
}

// Close implements store.DB.
func (db *DB) Close() error {
	db.once.Do(func() {
		db.committer.Close()
		db.unwatch()
		db.loops.Wait()
		db.closeErr = errors.Join(db.file.Load().Close(), db.lock.Close()) // the folder last
	})
	return db.closeErr
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
