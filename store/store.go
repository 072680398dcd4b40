// Package store is the contract between the rules above and the bytes below:
// tables of rows, transactions over them, and one feed of what was committed.
//
// It knows keys and values and nothing of what they mean. Two backends keep
// the contract, one in a file and one in a cluster; the suite in
// store/storetest holds both to it.
package store

import (
	"context"
	"errors"
	"io"
	"time"
)

// Limits on one row, in bytes. They are what every backend can hold.
const (
	MaxKey   = 1 << 10 // a key has 1 to MaxKey bytes
	MaxValue = 1 << 20 // a value has 0 to MaxValue bytes
)

// Table names a set of rows. The tables of a store are declared when it is
// opened; asking for another one is an error.
type Table string

// Row is one row of a table.
type Row struct{ Key, Value []byte }

// Range selects the rows with From <= key < To. A nil bound is open, so the
// zero Range is the whole table, first key first. Keys compare as bytes.
type Range struct {
	From, To []byte
	Reverse  bool // last key first; From stays the lower bound
}

// Change is one row as a transaction left it. Value is nil if the row was
// deleted, and not nil, though perhaps empty, if it was written.
type Change struct {
	Table Table
	Key   []byte
	Value []byte
}

// Stop is returned by the function given to Scan to end it early. Scan then
// returns nil.
var Stop = errors.New("stop the scan")

// Reader reads rows inside a transaction. It must not be used after the
// transaction's function has returned, nor by two goroutines at once.
type Reader interface {
	// Get returns the value under key, or nil if there is no such row. A row
	// with an empty value gives an empty slice that is not nil. The bytes are
	// valid only inside the transaction and must not be changed.
	Get(t Table, key []byte) ([]byte, error)

	// Scan calls fn with each row in r, in order. It returns the first error
	// of fn, except that Stop ends the scan without one. The bytes are valid
	// only until fn returns and must not be changed.
	//
	// Scan walks the rows as they were when it began: fn may write to the
	// table it scans, and the scan does not see that.
	Scan(t Table, r Range, fn func(key, value []byte) error) error
}

// Writer reads and writes rows inside a transaction. Like a Reader it belongs
// to one goroutine and dies with the transaction. It sees its own writes.
type Writer interface {
	Reader

	// Put writes a row, over one of the same key if there is one. It copies
	// what it is given. A nil value is stored as an empty one.
	Put(t Table, key, value []byte) error

	// Delete removes a row. Removing one that is not there is no error and
	// no change.
	Delete(t Table, key []byte) error
}

// DB is an open store. All its methods may be called by many goroutines at
// once.
type DB interface {
	// View runs fn on a consistent state of the store, without waiting for
	// writers. It returns what fn returns.
	View(ctx context.Context, fn func(Reader) error) error

	// Update runs fn in a transaction of its own, commits it if fn returns
	// nil, and returns once the change is durable and every function passed
	// to Follow has seen it. Transactions happen one after the other, each on
	// top of the one before.
	//
	// Update may run fn more than once, and on another goroutine, though
	// never after it has returned. Read the clock, roll the dice and talk to
	// the world before you call it. fn must not call Update. If fn fails, if
	// it panics, or if ctx is over before fn has returned, nothing is changed.
	//
	// A ctx that ends later no longer stops the commit; Update waits for the
	// outcome and reports it. After an error that wraps ErrInDoubt the change
	// may be there or not; after every other one nothing was changed.
	Update(ctx context.Context, fn func(Writer) error, how ...Option) error

	// Limits returns how much one transaction may surely change: how many rows
	// it may write or delete, and how many bytes their keys and values may
	// have. A larger one may be refused with ErrFull. Whoever has more to do
	// divides it into batches by them. They do not change while the store is
	// open.
	Limits() (rows, bytes int)

	// Follow calls fn with the changes of each later transaction, in the
	// order of the commits, one call at a time, never with none. Each row
	// comes at most once, as the transaction left it, ordered by table and
	// key. fn may keep the bytes but must not change them. It must not call
	// Update or Close, and nobody commits while it runs: be quick.
	//
	// Call Follow before the first Update.
	Follow(fn func([]Change))

	// Stopped is closed when the store takes no more writes after a failure;
	// reads go on. Err then tells the cause. Close does not close it, nor is
	// it closed because a store was opened to be read.
	Stopped() <-chan struct{}

	// Err returns nil while the store takes writes, an error that wraps
	// ErrReadOnly if it was opened to be read, or one that wraps ErrStopped
	// and the cause.
	Err() error

	// Stats returns figures for metrics and health.
	Stats() Stats

	// Backup writes a consistent copy of the whole store to w, as of one
	// moment between two commits, and returns its length in bytes. Writers
	// do not wait for it.
	Backup(ctx context.Context, w io.Writer) (int64, error)

	// Close lets the commit in progress finish, refuses the callers that
	// still wait with ErrClosed, and frees what the store holds. It waits
	// for readers. A second Close does nothing and returns the same error.
	Close() error
}

// An Option says how a transaction is to be run.
type Option uint8

// UseReserve lets a transaction use the space that a store keeps back for the
// day it is full. Use it for what takes rights away, so that a token can be
// revoked when no other can be created any more.
const UseReserve Option = 1

// A Compacter is a DB that keeps the space of rows that are gone until it is
// asked to give it back.
type Compacter interface {
	// Compact writes the rows anew, without the space that is not used any
	// more. Reading goes on; callers of Update wait until it has ended. sound
	// is asked of each row of a declared table as it was written; its error
	// ends the compaction. After an error the store is as it was, unless the
	// error wraps ErrStopped. It ends with ctx, at the next of its steps, and
	// with the store.
	Compact(ctx context.Context, sound func(t Table, key, value []byte) error) (Compaction, error)
}

// A Compaction is what became of a store that was compacted.
type Compaction struct {
	Before, After int64         // its size on disk in bytes, with what is kept back
	Held          time.Duration // for how long changes waited
}

// A MemoryReleaser is a DB that can do without memory in which it keeps what
// was read.
type MemoryReleaser interface {
	// ReleaseMemory gives it back. What is needed again is read again.
	ReleaseMemory()
}

// Stats are figures of an open store. Counters begin at zero when it is
// opened.
type Stats struct {
	Size     int64 // bytes of the store on disk
	Used     int64 // bytes of it that hold data; the rest can be reused
	MaxSize  int64 // bytes it may grow to; 0 means no limit
	Reserve  int64 // bytes of that which are kept for what takes rights away
	Queued   int   // callers of Update that wait to be run
	Commits  uint64
	Updates  uint64 // transactions committed; Updates/Commits is the mean batch
	Refused  uint64 // transactions that failed, were cancelled, or did not fit
	MaxBatch int    // the most transactions that shared one commit
	Rows     uint64 // rows written or deleted

	Compactions uint64 // times that the store was compacted while it was open
	Compacting  bool   // whether that is under way

	Readers    int           // transactions that read at this moment
	OldestRead time.Duration // for how long the longest of them has; while it goes on, space cannot be used again

	LastBatch    int           // transactions in the last commit
	LastCommit   time.Time     // when the last commit ended; zero before the first
	LastDuration time.Duration // what the last commit took, from first function to durable
	MaxDuration  time.Duration // the longest commit so far
	Underway     time.Duration // what the one in progress has taken until now; zero if there is none
	Duration     time.Duration // all commits together
}

// The ways a store refuses. But for ErrInDoubt each of them means that nothing
// was changed.
var (
	// ErrInDoubt means that nobody can know at present whether the change is
	// in the store: it may be there after a restart, or even now, or never.
	// Followers were not told of it.
	ErrInDoubt = errors.New("whether the change was stored is in doubt")

	// ErrClosed means that the store was closed.
	ErrClosed = errors.New("the store is closed")

	// ErrStopped means that the store takes no more writes because an
	// earlier commit failed. The callers whose commit it was get an error
	// that wraps ErrInDoubt as well. Reads go on; of that commit they may
	// show everything or nothing.
	ErrStopped = errors.New("the store has stopped taking writes")

	// ErrReadOnly means that the store was opened to be read: nothing can be
	// changed before it is opened anew.
	ErrReadOnly = errors.New("the store can only be read")

	// ErrFull means that the transaction does not fit in the space left, or
	// is beyond Limits. The store goes on; a smaller one may fit.
	ErrFull = errors.New("the store is full")

	// ErrDamaged means that the store cannot be read where it was asked:
	// its file is cut short or holds nonsense.
	ErrDamaged = errors.New("the store is damaged")

	// ErrRow means that a row cannot be stored as asked: its table was not
	// declared, or its key or value is outside the limits.
	ErrRow = errors.New("the store cannot hold that row")
)
