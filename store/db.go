package store

import (
	"context"
	"io"
)

// DB is an open store. All its methods may be called by many goroutines at once.
type DB interface {
	// View runs fn on a consistent state of the store, without waiting for writers. It returns
	// what fn returns.
	View(ctx context.Context, fn func(Reader) error) error

	// Update runs fn in a transaction of its own, commits it if fn returns nil, and returns once
	// the change is durable and every function passed to Follow has seen it. Transactions happen
	// one after the other, each on top of the one before.
	//
	// Update may run fn more than once, and on another goroutine, though never after it has
	// returned. Read the clock, roll the dice and talk to the world before you call it. fn must
	// not call Update. If fn fails, if it panics, or if ctx is over before fn has returned,
	// nothing is changed.
	//
	// A ctx that ends later no longer stops the commit; Update waits for the outcome and reports
	// it. After an error that wraps ErrInDoubt the change may be there or not; after every other
	// one nothing was changed.
	Update(ctx context.Context, fn func(Writer) error, how ...Option) error

	// Limits returns how much one transaction may surely change: how many rows it may write or
	// delete, and how many bytes their keys and values may have. Whoever has more to do divides
	// it into batches by them. One that must be made at once may be larger: up to 65,536 rows of
	// 8 MiB it is all or nothing as any other, and holds up the others for longer. What is larger
	// still may be refused with ErrLarge. They do not change while the store is open.
	Limits() (rows, bytes int)

	// Follow calls fn with the changes of each later transaction, in the order of the commits,
	// one call at a time, never with none. Each row comes at most once, as the transaction left
	// it, ordered by table and key. fn may keep the bytes but must not change them. It must not
	// call Update or Close, and nobody commits while it runs: be quick.
	//
	// What other nodes commit to the same store is told as the net of each of their commits, which
	// several transactions may share.
	//
	// Call Follow before the first Update.
	Follow(fn func([]Change))

	// SumBy has the store keep the sum of the rows of each table, by what sums them. Call it before
	// the first Update, with a Summer that knows the shares of all rows; another one can take its
	// place later. A store that was summed once takes no writes without a Summer.
	SumBy(by Summer)

	// Stopped is closed when the store takes no more writes after a failure; reads go on. Err
	// then tells the cause. Close does not close it, nor is it closed because a store was opened
	// to be read.
	Stopped() <-chan struct{}

	// Err returns nil while the store takes writes, an error that wraps ErrReadOnly if it was
	// opened to be read, or one that wraps ErrStopped and the cause.
	Err() error

	// Stats returns figures for metrics and health.
	Stats() Stats

	// Backup writes a consistent copy of the whole store to w, as of one moment between two
	// commits, and returns its length in bytes. Writers do not wait for it.
	Backup(ctx context.Context, w io.Writer) (int64, error)

	// Close lets the commit in progress finish, refuses the callers that still wait with
	// ErrClosed, and frees what the store holds. It waits for readers. A second Close does
	// nothing and returns the same error.
	Close() error
}

// An Option says how a transaction is to be run.
type Option uint8

// UseReserve lets a transaction use the space that a store keeps back for the day it is full.
// Use it for what takes rights away, so that a token can be revoked when no other can be created
// any more.
const UseReserve Option = 1

// First lets a transaction begin a commit, so that nothing was changed since the followers were
// last told: what they know is exactly what it reads. Others may share the commit behind it. Use it
// for what counts by a picture in memory.
const First Option = 2
