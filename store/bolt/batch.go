package bolt

import (
	"errors"
	"fmt"
	"time"

	"tokenscale/store"
)

// batch is the transactions that share one commit.
type batch struct {
	db      *DB
	tx      *transaction
	changed *overlay
	calls   []*call
	running *call // the one whose function is running
	begun   time.Time
}

// newBatch begins a batch. Nothing is written to bbolt's transaction before
// all functions have run, so the file is as it was while they do.
func (db *DB) newBatch() (*batch, error) {
	if err := db.Err(); err != nil {
		return nil, err
	}
	begun := db.options.Now()
	tx, err := db.begin(true)
	if err != nil {
		return nil, db.stop(err)
	}
	db.underway(begun)
	b := &batch{db: db, tx: tx, changed: newOverlay(), begun: begun}
	db.current = b
	return b, nil
}

// hasRoom reports whether another transaction may join.
func (b *batch) hasRoom() bool {
	return len(b.calls) < b.db.options.BatchCount && b.changed.bytes < b.db.options.BatchBytes && !isClosed(b.db.closing)
}

// run runs the function of c above what the batch has changed so far. If it
// fails, what it did is forgotten.
func (b *batch) run(c *call) {
	b.calls = append(b.calls, c)
	if c.err = c.ctx.Err(); c.err != nil {
		return
	}
	w := &writer{file: &reader{ctx: c.ctx, tx: b.tx.Tx, stop: b.db.stop}, batch: b.changed, own: newOverlay()}
	b.running = c
	err := w.guarded(c.fn)
	b.running = nil
	w.file.tx = nil
	if err == nil {
		err = c.ctx.Err() // a caller who has gone away changes nothing
	}
	if c.err = err; err == nil {
		c.changes = w.changes(b.db.options.Tables)
	}
}

// finish commits the batch and answers its callers.
func (b *batch) finish() {
	err := b.commit()
	b.db.underway(time.Time{})
	b.db.current = nil
	if errors.Is(err, store.ErrFull) && len(b.calls) > 1 {
		// Together they are too much. Some of them may fit.
		for _, c := range b.settle() {
			b.db.serveAlone(c)
		}
		return
	}
	if err == nil {
		b.db.count(b)
		b.db.current = b // so that a follower that ends this goroutine is found
		err = b.tell()
		b.db.current = nil
	}
	for _, c := range b.calls {
		if c.err == nil {
			c.err = err
		}
		b.db.reply(c, c.err)
	}
}

// settle answers the calls that have failed and returns the others as they
// were before they ran.
func (b *batch) settle() []*call {
	var left []*call
	for _, c := range b.calls {
		if c.err != nil {
			b.db.reply(c, c.err)
			continue
		}
		c.changes = nil
		left = append(left, c)
	}
	return left
}

// serveAlone runs one claimed call in a batch of its own.
func (db *DB) serveAlone(c *call) {
	b, err := db.newBatch()
	if err != nil {
		db.reply(c, err)
		return
	}
	b.run(c)
	b.finish()
}

// tell tells the followers what the batch changed. If one of them panics,
// what it knows is no longer what the store holds, so the store stops.
func (b *batch) tell() error {
	b.db.mu.Lock()
	followers := b.db.followers
	b.db.mu.Unlock()
	for _, c := range b.calls {
		if c.err != nil || len(c.changes) == 0 {
			continue
		}
		for _, follow := range followers {
			if err := told(follow, c.changes); err != nil {
				return b.db.stop(err)
			}
		}
	}
	return nil
}

func told(follow func([]store.Change), changes []store.Change) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a follower panicked: %v", p)
		}
	}()
	follow(changes)
	return nil
}
