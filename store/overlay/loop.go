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

// serve runs calls that were claimed, and what waits behind them as long as the batch takes
// more, and answers them all.
func (c *Committer) serve(calls []*call) {
	if len(calls) == 0 {
		return
	}
	b, err := c.newBatch()
	if err != nil {
		for _, caller := range calls {
			c.reply(caller, err)
		}
		return
	}
	for _, caller := range calls {
		b.run(caller)
	}
	runtime.Gosched() // let the callers just answered come back, and share this commit
	for b.takesMore() {
		select {
		case caller := <-c.queue:
			if caller.claim() {
				b.run(caller)
			}
			continue
		default:
		}
		break
	}
	b.finish()
}

// serveAlone runs one claimed call in a batch of its own.
func (c *Committer) serveAlone(caller *call) {
	b, err := c.newBatch()
	if err != nil {
		c.reply(caller, err)
		return
	}
	b.run(caller)
	b.finish()
}

// reply answers a caller.
func (c *Committer) reply(caller *call, err error) {
	if err != nil {
		c.refused.Add(1)
	}
	caller.answer <- err
}

// errExit is for a function that ended its goroutine, as testing.T.FailNow does.
var errExit = errors.New("the transaction ended its goroutine")

// replace is the last thing a loop does that was ended by a function it ran. That function is
// refused; the others of its batch run again in a new loop.
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
		} else {
			b.running.err = errExit
			c.backend.Abandon(b.base)
			left = b.settle()
		}
	}
	c.loops.Add(1)
	go c.loop(left)
}
