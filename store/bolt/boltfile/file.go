package boltfile

import (
	"errors"
	"fmt"
	"math"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"tokenscale/store"
)

// Options say how a file is opened.
type Options struct {
	MaxSize  int64 // bytes that it may reach; 0 means as large as the disk allows
	ReadOnly bool
	New      bool // there must be none at the path; what is written is durable only after Persist
	Unsynced bool // what is written is durable only after Persist, though the file may be there
}

// A File is a file of bbolt that is open. Its methods may be called by many goroutines at once.
type File struct {
	bolt     *bbolt.DB
	raw      *os.File    // the file as bbolt opened it
	identity os.FileInfo // what raw was when it was opened
	page     int64       // size of its pages in bytes
	size     atomic.Int64
	wedged   atomic.Bool // bbolt panicked holding its locks: it must not be called again

	mu      sync.Mutex
	users   int
	retired bool
	idle    chan struct{} // closed when it is retired and nobody uses it
}

// Open opens the file at path. One that another process has open gives ErrLocked. Look with
// Check first at a file that may be damaged.
func Open(path string, o Options) (f *File, err error) {
	f = &File{idle: make(chan struct{})}
	defer func() {
		if err != nil {
			err, f = errors.Join(err, f.Close()), nil
		}
	}()
	defer guard(&err)
	f.bolt, err = bbolt.Open(path, 0o600, settings(o, f.opener(o)))
	if errors.Is(err, bolterrors.ErrTimeout) {
		err = fmt.Errorf("%w: another process has its file open", ErrLocked)
	}
	if err != nil {
		return f, err
	}
	f.bolt.NoGrowSync = o.New
	f.page = int64(f.bolt.Info().PageSize)
	if !o.Unsynced {
		f.bolt.AllocSize = int(f.page) // Grow makes the file longer, in larger steps
	}
	return f, f.identify()
}

// opener keeps the file that bbolt opens.
func (f *File) opener(o Options) func(string, int, os.FileMode) (*os.File, error) {
	return func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
		if o.New {
			flag |= os.O_EXCL
		}
		f.raw, err = os.OpenFile(name, flag, mode)
		return f.raw, err
	}
}

// settings are those of bbolt. The freelist is not written: that costs a scan when the file is
// opened and makes commits to a file with many free pages several times faster.
func settings(o Options, open func(string, int, os.FileMode) (*os.File, error)) *bbolt.Options {
	return &bbolt.Options{
		Timeout:         time.Second,
		NoFreelistSync:  true,
		FreelistType:    bbolt.FreelistMapType,
		MaxSize:         int(min(o.MaxSize, math.MaxInt)),
		InitialMmapSize: mapSize,
		OpenFile:        open,
		ReadOnly:        o.ReadOnly,
		NoSync:          o.New || o.Unsynced,
		PreLoadFreelist: true, // else a file that is only read does not tell how much of it is used
	}
}

// identify remembers which file was opened, and how long it is.
func (f *File) identify() (err error) {
	if f.identity, err = f.raw.Stat(); err == nil {
		f.size.Store(f.identity.Size())
	}
	return err
}

// Close closes the file. It waits for transactions.
func (f *File) Close() (err error) {
	switch {
	case f.bolt != nil && !f.wedged.Load():
		err = f.bolt.Close()
	case f.raw != nil:
		err = f.raw.Close() // bbolt would wait for a lock it lost; or never opened
		if errors.Is(err, os.ErrClosed) {
			err = nil
		}
	}
	return err
}

// Retire lets no transaction begin any more. The channel is closed when the last one has ended.
func (f *File) Retire() (idle <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.retired = true
	f.tellIdle()
	return f.idle
}

// ErrRetired means that another file has taken the place of this one.
var ErrRetired = errors.New("the file was replaced by another one")

func (f *File) enter() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.retired {
		return ErrRetired
	}
	f.users++
	return nil
}

func (f *File) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.users--
	f.tellIdle()
}

func (f *File) tellIdle() {
	if f.retired && f.users == 0 {
		close(f.idle)
	}
}

// ErrMoved means that the file was taken away from under whoever has it open. Who moved it may
// have put another in its place, and a second server could be writing there: what we acknowledge
// would be lost.
var ErrMoved = errors.New("the file is no longer at its path")

// Same returns an error unless the file at path is this one, and whole.
func (f *File) Same(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMoved, err)
	}
	if !os.SameFile(info, f.identity) {
		return fmt.Errorf("%w: there is another file at %s", ErrMoved, path)
	}
	return f.whole()
}

// whole returns an error if the file has become shorter, which we never make it: pages that
// memory is mapped to are gone.
func (f *File) whole() error {
	want := f.size.Load()
	info, err := f.raw.Stat()
	switch {
	case errors.Is(err, os.ErrClosed):
		return store.ErrClosed
	case err != nil:
		return err
	case info.Size() < want:
		return damage("the file was cut from %d to %d bytes", want, info.Size())
	}
	return nil
}
