package authority

import (
	"context"
	"encoding/binary"
	"sync"
	"time"

	"tokenscale/epoch"
	"tokenscale/store"
)

// A witness signs checkpoints of the audit log as it grows. It signs only
// what is durable, and never a log that its last checkpoint does not fit: who
// changed the entries under it would else get a signature for them.
type witness struct {
	work chan struct{} // holds a token while there are checkpointEvery new entries

	making sync.Mutex // one checkpoint at a time

	mu     sync.Mutex
	last   uint64 // number of the last committed entry
	newest signed
	failed error // of the last try to make one
}

func newWitness() *witness { return &witness{work: make(chan struct{}, 1)} }

// follow takes note of committed entries.
func (w *witness) follow(changes []store.Change) {
	row, ok := lastEntry(changes)
	if !ok || len(row.Key) != 8 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = binary.BigEndian.Uint64(row.Key)
	if w.last < w.newest.Size+checkpointEvery {
		return
	}
	select {
	case w.work <- struct{}{}:
	default:
	}
}

// checkpoint returns the newest checkpoint.
func (w *witness) checkpoint() signed {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.newest
}

func (w *witness) made(s signed) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.newest = s
}

// tried takes note of how a try to make a checkpoint ended.
func (w *witness) tried(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = err
}

// WitnessState says how far the signed checkpoints of the audit log have come.
type WitnessState struct {
	Entries uint64       // in the log
	Covered uint64       // by the newest checkpoint
	Time    epoch.Millis // of the newest checkpoint; zero if there is none
	Failed  error        // why the last try to read, sign or keep one failed; nil if it did not
}

// WitnessState returns the state of the checkpoints at this moment. It is cheap.
func (a *Authority) WitnessState() WitnessState {
	w := a.witness
	w.mu.Lock()
	defer w.mu.Unlock()
	return WitnessState{Entries: max(w.last, w.newest.Size), Covered: w.newest.Size, Time: w.newest.Time, Failed: w.failed}
}

// bearWitness makes checkpoints until the authority closes.
func (a *Authority) bearWitness() {
	tick := time.NewTicker(checkpointPause)
	defer tick.Stop()
	for {
		select {
		case <-a.alive.Done():
			return
		case <-tick.C:
		case <-a.witness.work:
		}
		if _, err := a.checkpoint(a.alive); err != nil && a.alive.Err() == nil {
			a.log.Error("no checkpoint of the audit log could be made; it is tried again", "err", err)
		}
	}
}

// lastCheckpoint makes a checkpoint of what a server leaves behind. Without
// one nothing is lost: the next start makes it.
func (a *Authority) lastCheckpoint(ctx context.Context) {
	if a.store.Err() != nil {
		return
	}
	if _, err := a.checkpoint(ctx); err != nil {
		a.log.Warn("no last checkpoint of the audit log could be made", "err", err)
	}
}

// SignedCheckpoint returns a signed checkpoint of all entries, or nothing if
// there are none. Whoever runs the server may have it; see Checkpoint for
// others.
func (a *Authority) SignedCheckpoint(ctx context.Context) (string, error) {
	s, err := a.checkpoint(ctx)
	return s.note, err
}

// loadCheckpoint learns the newest checkpoint when the authority opens.
func (a *Authority) loadCheckpoint(ctx context.Context) {
	err := a.store.View(ctx, func(r store.Reader) error {
		newest, err := a.trail.newestCheckpoint(r)
		a.witness.made(newest)
		return err
	})
	a.witness.tried(err)
	if err != nil {
		a.log.Error("the newest checkpoint of the audit log cannot be read; tokenscale audit verify tells more", "err", err)
	}
}

// checkpoint signs the log as it is now and keeps the signature, unless
// nothing is new. It returns the newest checkpoint.
func (a *Authority) checkpoint(ctx context.Context) (signed, error) {
	a.witness.making.Lock()
	defer a.witness.making.Unlock()
	s, err := a.nextCheckpoint(ctx)
	if err == nil || ctx.Err() == nil { // who hangs up says nothing about the log
		a.witness.tried(err)
	}
	return s, err
}

func (a *Authority) nextCheckpoint(ctx context.Context) (signed, error) {
	now := a.clock()
	var newest, next signed
	err := a.store.View(ctx, func(r store.Reader) (err error) {
		if newest, err = a.trail.newestCheckpoint(r); err == nil {
			next, err = a.trail.sign(r, newest, now)
		}
		return err
	})
	if err != nil || next.Size == newest.Size {
		return newest, err
	}
	err = a.store.Update(ctx, func(w store.Writer) error { return a.trail.keepCheckpoint(w, next) }, store.UseReserve)
	if err != nil {
		return newest, err
	}
	a.witness.made(next)
	return next, nil
}
