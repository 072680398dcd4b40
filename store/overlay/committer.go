package overlay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tokenscale/store"
)

// A Base is the store as a batch found it. It is asked by one goroutine.
type Base interface {
	// Get returns the value under key, or nil. Its table was declared.
	Get(t store.Table, key []byte) ([]byte, error)

	// Layer returns a walk over the rows of t in r. Its table was declared.
	Layer(t store.Table, r store.Range) (Layer, error)
}

// A Backend keeps the rows. The committer calls one of its methods at a time.
type Backend interface {
	// Begin returns the store as it is, for one batch. Nobody else changes it before Commit or
	// Abandon.
	Begin() (Base, error)

	// Commit makes what b changed durable, or nothing of it; perhaps there is nothing to change.
	// An error that wraps store.ErrFull means that it did not fit and nothing was changed, and
	// ErrOvertaken that somebody else was faster: then all run again. After any other the backend
	// has called Stop, or goes on; one that wraps store.ErrInDoubt means that the change may be
	// there.
	Commit(base Base, b *Batch) error

	// Abandon ends a batch without a commit.
	Abandon(base Base)

	// Recovered returns an error if the panic p of a transaction came from the store below it,
	// and nil if it is a bug of the transaction.
	Recovered(p any) error
}

// ErrOvertaken is what a Backend returns from Commit if the store was changed by another process
// since Begin. Nothing of the batch was changed.
var ErrOvertaken = errors.New("the store was changed meanwhile")

// A Teller is a Backend that is changed by others, too. What they changed must reach the followers
// after what was committed before it, so it is told when they know of that.
type Teller interface {
	// Told is called when the followers were told of what Commit made durable.
	Told()
}

// Settings say how a Committer works.
type Settings struct {
	Tables      []store.Table // sorted
	QueueLength int           // how many callers may wait to be run
	BatchCount  int           // transactions after which a batch takes no more
	BatchBytes  int           // bytes of keys and values after which it takes no more
	MaxRows     int           // rows that one commit can change; 0 for any number
	MaxBytes    int           // bytes of keys and values that it can change, with MaxRows
	WideRows    int           // rows that one transaction can change which has a commit to itself
	WideBytes   int           // bytes of keys and values that it can change
	Now         func() time.Time
	Refuses     error // why the store takes no writes from the start; nil if it does
}

// A Committer runs the transactions of a store. Its methods may be called by many goroutines at
// once.
type Committer struct {
	backend  Backend
	settings Settings

	queue   chan *call
	pauses  chan chan struct{} // each has the committer stand still until it is closed
	current *Batch             // the batch in progress; it belongs to the committer, as next does
	next    []*call            // claimed, and for the batches after it
	closing chan struct{}
	done    chan struct{} // closed when no committer is left
	loops   sync.WaitGroup

	stopping sync.Once
	stopped  chan struct{}
	cause    error // why it stopped; read it after stopped is closed

	mu        sync.Mutex
	followers []func([]store.Change)
	stats     store.Stats
	begun     time.Time // when the batch in progress began; zero if there is none
	refused   atomic.Uint64
	summer    atomic.Pointer[store.Summer]
}

// Start returns a Committer that is at work until Close.
func Start(backend Backend, s Settings) *Committer {
	c := &Committer{
		backend: backend, settings: s,
		queue:   make(chan *call, s.QueueLength),
		pauses:  make(chan chan struct{}),
		closing: make(chan struct{}),
		done:    make(chan struct{}),
		stopped: make(chan struct{}),
	}
	c.loops.Add(1)
	go c.loop(nil)
	go func() {
		c.loops.Wait()
		close(c.done)
	}()
	return c
}

// Follow implements store.DB.
func (c *Committer) Follow(fn func([]store.Change)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.followers = append(c.followers, fn)
}

func (c *Committer) following() []func([]store.Change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.followers)
}

// Tell tells the followers of changes that another process made. A Backend calls it, never while
// Commit runs or before Told; if a follower panics the store stops.
func (c *Committer) Tell(changes []store.Change) error {
	for _, follow := range c.following() {
		if err := told(follow, changes); err != nil {
			return c.Stop(err)
		}
	}
	return nil
}

// told lets a Teller go on.
func (c *Committer) told() {
	if t, ok := c.backend.(Teller); ok {
		t.Told()
	}
}

// Pause has the committer stand still until resume is called: from its return on nothing is
// committed, and callers of Update wait. resume must be called. It fails with ctx, and if the
// store is closed or takes no writes.
func (c *Committer) Pause(ctx context.Context) (resume func(), err error) {
	if closed(c.closing) {
		return nil, store.ErrClosed
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	over := make(chan struct{})
	select {
	case c.pauses <- over:
		return func() { close(over) }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-c.closing:
		return nil, store.ErrClosed
	case <-c.stopped:
		return nil, c.Err()
	}
}

// Close lets the commit in progress finish, or the pause, and refuses the callers that still
// wait. It must be called once.
func (c *Committer) Close() {
	close(c.closing)
	<-c.done
}

// Closing is closed when Close was called.
func (c *Committer) Closing() <-chan struct{} { return c.closing }

// Stop takes no more writes, because of cause, and returns what Err returns from now on. Only
// the first cause counts.
func (c *Committer) Stop(cause error) error {
	c.stopping.Do(func() {
		c.cause = fmt.Errorf("%w: %w", store.ErrStopped, cause)
		close(c.stopped)
	})
	return c.Err()
}

// Stopped implements store.DB.
func (c *Committer) Stopped() <-chan struct{} { return c.stopped }

// Err implements store.DB.
func (c *Committer) Err() error {
	if closed(c.stopped) {
		return c.cause
	}
	return c.settings.Refuses
}

// closed reports whether c is closed.
func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
