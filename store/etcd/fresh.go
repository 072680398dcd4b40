package etcd

import (
	"context"
	"sync"
	"time"

	"tokenscale/loop"
	"tokenscale/store"
)

// sharedReads has all who want to know what was committed up to now wait for one question.
type sharedReads struct {
	mu     sync.Mutex
	next   *sharedRead   // not asked yet, so whoever comes now may wait for it; nil if nobody does
	wanted chan struct{} // there is a next one
}

type sharedRead struct {
	done chan struct{}
	err  error // read it after done is closed
}

// refreshEvery is how far apart two questions begin at least.
const refreshEvery = 5 * time.Millisecond

// Refresh implements store.Shared.
func (db *DB) Refresh(ctx context.Context) error {
	db.reads.mu.Lock()
	read := db.reads.next
	if read == nil {
		read = &sharedRead{done: make(chan struct{})}
		db.reads.next = read
		db.reads.wanted <- struct{}{}
	}
	db.reads.mu.Unlock()
	select {
	case <-read.done:
		return read.err
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-db.alive.Done():
		return store.ErrClosed
	}
}

// keepRefreshing asks for those who wait, until the store is closed.
func (db *DB) keepRefreshing() {
	for {
		select {
		case <-db.reads.wanted:
		case <-db.alive.Done():
			return
		}
		began := db.options.Now()
		db.reads.mu.Lock()
		read := db.reads.next
		db.reads.next = nil
		db.reads.mu.Unlock()
		read.err = db.catchHead()
		close(read.done)
		_ = loop.Rest(db.alive, refreshEvery-db.options.Now().Sub(began))
	}
}

// catchHead waits until this node knows what was committed up to now.
func (db *DB) catchHead() error {
	ctx, cancel := context.WithTimeout(db.alive, db.options.Timeout)
	defer cancel()
	now, err := db.newest(ctx)
	if err == nil {
		err = db.await(ctx, now.revision)
	}
	if err != nil {
		return unavailable(err)
	}
	return nil
}
