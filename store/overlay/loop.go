package overlay

import (
	"errors"
	"runtime"
	"runtime/debug"
)

// loop is the one goroutine that writes. It begins with calls that an earlier one left behind.
func (c *Committer) loop(left []*call) {
	defer c.loops.Done()
	debug.SetPanicOnFault(true) // a store in a mapped file may lose pages; see Backend.Recovered
	orderly := false
	defer func() {
		if !orderly {
			c.replace()
		}
	}()
	c.serve(left)
	for !closed(c.closing) {
		select {
		case <-c.closing:
		case over := <-c.pauses:
			<-over
		case caller := <-c.queue:
			if caller.claim() {
				c.serve([]*call{caller})
			}
		}
	}
	orderly = true
}

// serve runs calls that were claimed, and what waits behind them as long as a batch takes more,
// and answers them all. What has to wait for another batch stands in c.next, where it is found if
// a function ends this goroutine.
func (c *Committer) serve(calls []*call) {
	for c.next = calls; len(c.next) > 0; {
		b, err := c.newBatch()
		if err != nil {
			c.refuseNext(err)
			return
		}
		c.fill(b)
		b.finish()
	}
}

// fill runs what b takes: first those claimed for it, then those who wait.
func (c *Committer) fill(b *Batch) {
	for len(c.next) > 0 && b.takes(c.next[0]) {
		c.runNext(b)
	}
	if len(c.next) > 0 {
		return
	}
	runtime.Gosched() // let the callers just answered come back, and share this commit
	for b.takesMore() {
		caller := c.waiting()
		if caller == nil {
			return
		}
		if c.next = append(c.next, caller); !b.takes(caller) {
			return
		}
		c.runNext(b)
	}
}

// waiting returns a caller from the queue, claimed, or nil if nobody waits.
func (c *Committer) waiting() *call {
	for {
		select {
		case caller := <-c.queue:
			if caller.claim() {
				return caller
			}
		default:
			return nil
		}
	}
}

// runNext runs the next claimed call in b.
func (c *Committer) runNext(b *Batch) {
	caller := c.next[0]
	c.next = c.next[1:]
	b.run(caller)
}

// refuseNext answers all claimed calls.
func (c *Committer) refuseNext(err error) {
	for _, caller := range c.next {
		c.reply(caller, err)
	}
	c.next = nil
}

// reply answers a caller, once.
func (c *Committer) reply(caller *call, err error) {
	if caller.left {
		return
	}
	caller.left = true
	if err != nil {
		c.refused.Add(1)
	}
	caller.answer <- err
}

// errExit is for a function that ended its goroutine, as testing.T.FailNow does.
var errExit = errors.New("the transaction ended its goroutine")

// replace is the last thing a loop does that was ended by a function it ran. That function is
// refused; the others of its batch run again in a new loop, and those that waited for the next.
func (c *Committer) replace() {
	var left []*call
	if b := c.current; b != nil {
		c.current = nil
		if b.running == nil { // not in a transaction: then it was a follower
			err := inDoubt(c.Stop(errors.New("a follower ended the goroutine it was called on")))
			for _, caller := range b.calls {
				if caller.err == nil {
					caller.err = err
				}
				c.reply(caller, caller.err)
			}
			c.told()
		} else {
			b.running.err = errExit
			c.backend.Abandon(b.base)
			left = b.settle()
		}
	}
	left = append(left, c.next...)
	c.next = nil
	c.loops.Add(1)
	go c.loop(left)
}
