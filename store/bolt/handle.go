package bolt

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"tokenscale/store"
)

// handle is a file of the store as it is open. A store has one at a time; a
// compaction puts another in its place, and the old one is closed when the
// last who reads it has gone.
type handle struct {
	bolt     *bbolt.DB
	raw      *os.File    // the file as bbolt opened it
	identity os.FileInfo // what raw was when it was opened
	page     int64       // size of its pages in bytes
	size     atomic.Int64
	wedged   atomic.Bool // bbolt panicked holding its locks: it must not be called again

	mu      sync.Mutex
	readers int
	retired bool
	idle    chan struct{} // closed when it is retired and nobody reads it
}

// open opens the file at path. What it opened, close closes, also after an
// error.
func (h *handle) open(path string, o *bbolt.Options) (err error) {
	opened := o.OpenFile
	o.OpenFile = func(name string, flag int, mode os.FileMode) (*os.File, error) {
		var err error
		h.raw, err = opened(name, flag, mode)
		return h.raw, err
	}
	h.idle = make(chan struct{})
	h.bolt, err = bbolt.Open(path, 0o600, o)
	if errors.Is(err, bolterrors.ErrTimeout) {
		err = fmt.Errorf("%w: another process has its file open", ErrLocked)
	}
	if err != nil {
		return err
	}
	h.page = int64(h.bolt.Info().PageSize)
	h.bolt.AllocSize = int(h.page) // room.go makes the file longer, in larger steps
	return nil
}

// identify remembers which file was opened.
func (h *handle) identify() (err error) {
	if h.identity, err = h.raw.Stat(); err == nil {
		h.size.Store(h.identity.Size())
	}
	return err
}

// close closes the file. It waits for readers.
func (h *handle) close() (err error) {
	switch {
	case h.bolt != nil && !h.wedged.Load():
		err = h.bolt.Close()
	case h.raw != nil:
		err = h.raw.Close() // bbolt would wait for a lock it lost; or never opened
		if errors.Is(err, os.ErrClosed) {
			err = nil
		}
	}
	return err
}

// enter lets somebody read the file until leave, unless it is retired.
func (h *handle) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.retired {
		h.readers++
	}
	return !h.retired
}

func (h *handle) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.readers--
	h.tellIdle()
}

// retire lets nobody in any more.
func (h *handle) retire() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.retired = true
	h.tellIdle()
}

func (h *handle) tellIdle() {
	if h.retired && h.readers == 0 {
		close(h.idle)
	}
}

// transaction is one of bbolt, and the file it is on.
type transaction struct {
	*bbolt.Tx
	on   *handle
	over bool
}

// end says that the transaction does not look at its file any more.
func (t *transaction) end() {
	if !t.over {
		t.over = true
		t.on.leave()
	}
}

// enter returns the file for somebody who reads it until leave.
func (db *DB) enter() *handle {
	for {
		if h := db.handle.Load(); h.enter() {
			return h
		}
	}
}

// whole stops the store if its file has become shorter, which we never make
// it: pages that memory is mapped to are gone.
func (db *DB) whole(h *handle) error {
	want := h.size.Load()
	info, err := h.raw.Stat()
	if errors.Is(err, os.ErrClosed) {
		return store.ErrClosed
	}
	if err != nil {
		return err
	}
	if info.Size() < want {
		err := damage("the file was cut from %d to %d bytes", want, info.Size())
		db.stop(err)
		return err
	}
	return nil
}
