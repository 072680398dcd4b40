package bolt

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"

	"tokenscale/store"
)

// call is a caller of Update who waits.
type call struct {
	ctx     context.Context
	fn      func(store.Writer) error
	claimed atomic.Bool // whoever sets it decides: the committer runs fn, or the caller leaves
	answer  chan error

	err     error          // what became of it so far
	changes []store.Change // what it did to the batch
}

func (c *call) claim() bool { return c.claimed.CompareAndSwap(false, true) }

// Update implements store.DB.
func (db *DB) Update(ctx context.Context, fn func(store.Writer) error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case isClosed(db.closing):
		return store.ErrClosed
	case db.Err() != nil:
		return db.Err()
	}
	c := &call{ctx: ctx, fn: fn, answer: make(chan error, 1)}
	select {
	case db.queue <- c:
		return db.await(c)
	case <-ctx.Done():
		return ctx.Err()
	case <-db.closing:
		return store.ErrClosed
	case <-db.stopped:
		return db.Err()
	}
}

// await waits for the answer to c. A caller whose ctx ends leaves at once if
// its function has not begun; after that its function may be running, and
// only the answer tells what came of it.
func (db *DB) await(c *call) error {
	select {
	case err := <-c.answer:
		return err
	case <-c.ctx.Done():
		if c.claim() {
			return c.ctx.Err()
		}
	case <-db.done:
		if c.claim() { // the store was closed, and nobody is left to run it
			return store.ErrClosed
		}
	}
	return <-c.answer
}

// commitLoop is the one goroutine that writes. It begins with calls that an
// earlier one left behind.
func (db *DB) commitLoop(left []*call) {
	defer db.loops.Done()
	defer faultsPanic()()
	orderly := false
	defer func() {
		if !orderly {
			db.replaceCommitter()
		}
	}()
	db.serve(left)
	for !isClosed(db.closing) {
		select {
		case <-db.closing:
		case do := <-db.between:
			do()
		case c := <-db.queue:
			if c.claim() {
				db.serve([]*call{c})
			}
		}
	}
	orderly = true
}

// serve runs calls that were claimed, and what waits behind them as long as
// the batch has room, and answers them all.
func (db *DB) serve(calls []*call) {
	if len(calls) == 0 {
		return
	}
	b, err := db.newBatch()
	if err != nil {
		for _, c := range calls {
			db.reply(c, err)
		}
		return
	}
	for _, c := range calls {
		b.run(c)
	}
	runtime.Gosched() // let the callers just answered come back, and share this commit
	for b.hasRoom() {
		select {
		case c := <-db.queue:
			if c.claim() {
				b.run(c)
			}
			continue
		default:
		}
		break
	}
	b.finish()
}

// reply answers a caller.
func (db *DB) reply(c *call, err error) {
	if err != nil {
		db.refused.Add(1)
	}
	c.answer <- err
}

// errExit is for a function that ended its goroutine, as testing.T.FailNow
// does.
var errExit = errors.New("the transaction ended its goroutine")

// replaceCommitter is the last thing a committer does that was ended by a
// function it ran. That function is refused; the others of its batch run
// again under a new committer.
func (db *DB) replaceCommitter() {
	var left []*call
	if b := db.current; b != nil {
		db.current = nil
		if b.running == nil { // not in a transaction: then it was a follower
			db.stop(errors.New("a follower ended the goroutine it was called on"))
			for _, c := range b.calls {
				db.reply(c, errors.Join(c.err, db.Err()))
			}
		} else {
			b.running.err = errExit
			_ = db.rollback(b.tx) // it shows again when the next batch begins
			left = b.settle()
		}
	}
	db.loops.Add(1)
	go db.commitLoop(left)
}
