package overlay

import (
	"errors"
	"fmt"
	"time"

	"tokenscale/store"
)

// A Batch is the transactions that share one commit.
type Batch struct {
	// Changed is what all of them changed together.
	Changed *Overlay

	committer *Committer
	base      Base
	calls     []*call
	running   *call // the one whose function is running
	begun     time.Time
	full      bool // the next call goes into another batch
	known     bool // followers were told of it otherwise
}

// newBatch begins a batch. Nothing is written before all its functions have run, so the store is
// as it was while they do.
func (c *Committer) newBatch() (*Batch, error) {
	if err := c.Err(); err != nil {
		return nil, err
	}
	begun := c.settings.Now()
	base, err := c.backend.Begin()
	if err != nil {
		return nil, c.Stop(err)
	}
	c.underway(begun)
	b := &Batch{committer: c, base: base, Changed: New(), begun: begun}
	c.current = b
	return b, nil
}

// MayUseReserve reports whether each transaction that changes something was given
// store.UseReserve.
func (b *Batch) MayUseReserve() bool {
	for _, c := range b.calls {
		if c.err == nil && len(c.changes) > 0 && !c.useReserve {
			return false
		}
	}
	return true
}

// Everywhere reports whether a transaction that changes something was given store.Everywhere.
func (b *Batch) Everywhere() bool {
	for _, c := range b.calls {
		if c.err == nil && len(c.changes) > 0 && c.everywhere {
			return true
		}
	}
	return false
}

// takes reports whether c may join, which was claimed for this batch or a later one.
func (b *Batch) takes(c *call) bool {
	return len(b.calls) == 0 || !b.full && !c.first && !c.alone && !b.calls[0].alone
}

// takesMore reports whether somebody may join who still waits in the queue.
func (b *Batch) takesMore() bool {
	s := b.committer.settings
	return !b.full && !b.calls[0].alone && len(b.calls) < s.BatchCount && b.Changed.Bytes < s.BatchBytes && !closed(b.committer.closing)
}

// run runs the function of c above what the batch has changed so far. If it fails, what it did
// is forgotten.
func (b *Batch) run(c *call) {
	b.calls = append(b.calls, c)
	if c.err = c.ctx.Err(); c.err != nil {
		return
	}
	w := &writer{ctx: c.ctx, tables: b.committer.settings.Tables, base: b.base, batch: b.Changed, own: New()}
	b.running = c
	err := w.guarded(c.fn, b.committer.backend.Recovered)
	b.running = nil
	w.over = true
	if err == nil {
		err = c.ctx.Err() // a caller who has gone away changes nothing
	}
	if c.err = err; err == nil {
		b.join(c, w)
	}
}

// join adds what c did to the batch if there is room. If there is none, c begins the next one, or
// has one to itself; it is refused if it has no room in any.
func (b *Batch) join(c *call, w *writer) {
	s := b.committer.settings
	room := func(rows, bytes int) bool {
		return s.MaxRows == 0 || rows+w.own.Rows <= s.MaxRows && bytes+w.own.Bytes <= s.MaxBytes
	}
	alone := !room(0, 0)
	switch {
	case room(b.Changed.Rows, b.Changed.Bytes):
		c.changes = w.changes()
	case alone && (w.own.Rows > s.WideRows || w.own.Bytes > s.WideBytes):
		c.err = fmt.Errorf("%w: one transaction changes at most %d rows of %d bytes together, and this one %d of %d",
			store.ErrLarge, max(s.MaxRows, s.WideRows), max(s.MaxBytes, s.WideBytes), w.own.Rows, w.own.Bytes)
	case alone && b.Changed.Rows == 0:
		c.changes, b.full = w.changes(), true
	default:
		b.full = true
		b.calls = b.calls[:len(b.calls)-1]
		b.committer.next = append([]*call{c}, b.committer.next...)
	}
}

// Asked returns when the caller called Update who has waited longest for an answer, however often
// their functions had to run again since.
func (b *Batch) Asked() time.Time {
	asked := b.begun
	for _, c := range b.calls {
		if !c.left && c.asked.Before(asked) {
			asked = c.asked
		}
	}
	return asked
}

// Known says that the followers know already what the batch changed.
func (b *Batch) Known() { b.known = true }

// GiveUp tells those whose change is in the batch that nobody can say what became of it, because
// of cause, and those who wait behind it that nothing was changed. The commit goes on; they no
// longer wait for it.
func (b *Batch) GiveUp(cause error) {
	c := b.committer
	for _, caller := range b.calls {
		if caller.err == nil {
			c.reply(caller, inDoubt(cause))
		}
	}
	for caller := c.waiting(); caller != nil; caller = c.waiting() {
		c.next = append(c.next, caller)
	}
	c.refuseNext(fmt.Errorf("%w: %w", store.ErrUnavailable, cause))
}

// finish commits the batch and answers its callers.
func (b *Batch) finish() {
	c := b.committer
	err := c.backend.Commit(b.base, b)
	c.underway(time.Time{})
	c.current = nil
	if errors.Is(err, ErrOvertaken) {
		c.next = append(b.again(), c.next...)
		return
	}
	if errors.Is(err, store.ErrFull) && len(b.calls) > 1 {
		// Together they are too much. Some of them may fit.
		left := b.settle()
		for _, caller := range left {
			caller.alone = true
		}
		c.next = append(left, c.next...)
		return
	}
	if err == nil {
		c.count(b)
		c.current = b // so that a follower that ends this goroutine is found
		err = b.tell()
		c.current = nil
		c.told()
	}
	for _, caller := range b.calls {
		if caller.err == nil {
			caller.err = err
		}
		c.reply(caller, caller.err)
	}
}

// settle answers the calls that have failed and returns the others as they were before they ran.
func (b *Batch) settle() []*call {
	var left []*call
	for _, c := range b.calls {
		if c.err != nil {
			b.committer.reply(c, c.err)
			continue
		}
		c.changes = nil
		left = append(left, c)
	}
	return left
}

// again returns all calls of the batch as they were before they ran. What was refused may be
// allowed now, and the other way round.
func (b *Batch) again() (calls []*call) {
	for _, c := range b.calls {
		if !c.left {
			c.err, c.changes = nil, nil
			calls = append(calls, c)
		}
	}
	return calls
}

// tell tells the followers what the batch changed. If one of them panics, what it knows is no
// longer what the store holds, so the store stops.
func (b *Batch) tell() error {
	followers := b.committer.following()
	for _, c := range b.calls {
		if c.err != nil || len(c.changes) == 0 || b.known {
			continue
		}
		for _, follow := range followers {
			if err := told(follow, c.changes); err != nil {
				return inDoubt(b.committer.Stop(err))
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

func inDoubt(err error) error { return fmt.Errorf("%w: %w", store.ErrInDoubt, err) }
