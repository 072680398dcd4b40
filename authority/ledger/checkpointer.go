package ledger

import (
	"context"
	"encoding/binary"
	"log/slog"
	"sync"

	"tokenscale/audit"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/loop"
	"tokenscale/store"
)

// A Checkpointer signs checkpoints of the audit log as it grows. It signs only
// what is durable, and never a log that its last checkpoint does not fit: who
// changed the entries under it would else get a signature for them. It is safe
// for concurrent use.
type Checkpointer struct {
	ledger Ledger
	db     store.DB
	now    func() epoch.Millis
	log    *slog.Logger
	due    loop.Signal // set when there are checkpointEvery new entries

	// Signs, if not nil, reports whether it is this node that signs for all. It must be set before
	// Run.
	Signs func() bool

	making sync.Mutex // one checkpoint at a time

	mu     sync.Mutex
	last   uint64 // number of the last committed entry
	newest audit.SignedCheckpoint
	origin string // of the log, once it is known
	failed error  // of the last try to make one
}

// NewCheckpointer returns a Checkpointer that follows db from now on. Load has
// it know the newest checkpoint that is stored.
func NewCheckpointer(l Ledger, db store.DB, now func() epoch.Millis, log *slog.Logger) *Checkpointer {
	c := &Checkpointer{ledger: l, db: db, now: now, log: log, due: loop.NewSignal()}
	db.Follow(c.follow)
	return c
}

// follow takes note of committed entries.
func (c *Checkpointer) follow(changes []store.Change) {
	c.followOthers(changes)
	row, ok := rows.LastEntry(changes)
	if !ok || len(row.Key) != 8 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	// Older ones are written anew under a new key.
	c.last = max(c.last, binary.BigEndian.Uint64(row.Key))
	if c.last >= c.newest.Size+checkpointEvery {
		c.due.Set()
	}
}

// followOthers takes over a checkpoint that another node has signed. One that cannot be read is
// for those to report who examine the log.
func (c *Checkpointer) followOthers(changes []store.Change) {
	for _, change := range changes {
		if change.Table != rows.CheckpointsTable || change.Value == nil {
			continue
		}
		text, err := c.ledger.rows.Checkpoints.Decode(change.Key, change.Value)
		if err != nil {
			continue
		}
		c.mu.Lock()
		next, err := c.ledger.rows.Keys.OpenCheckpoint(text, c.origin)
		if err == nil && next.Size > c.newest.Size {
			c.newest = audit.SignedCheckpoint{Checkpoint: next, Note: text}
		}
		c.mu.Unlock()
	}
}

// Newest returns the newest checkpoint that is known, with an empty Note if
// none is.
func (c *Checkpointer) Newest() audit.SignedCheckpoint {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.newest
}

// CheckpointState says how far the signed checkpoints of the audit log have come.
type CheckpointState struct {
	Entries uint64       // in the log
	Covered uint64       // by the newest checkpoint
	Time    epoch.Millis // of the newest checkpoint; zero if there is none
	Failed  error        // why the last try to read, sign or keep one failed; nil if it did not
}

// State returns the state of the checkpoints at this moment. It is cheap.
func (c *Checkpointer) State() CheckpointState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return CheckpointState{
		Entries: max(c.last, c.newest.Size), Covered: c.newest.Size, Time: c.newest.Time, Failed: c.failed,
	}
}

// Load learns the newest checkpoint that is stored. That it cannot be read
// stops no server: the log and State tell of it.
func (c *Checkpointer) Load(ctx context.Context) {
	var newest audit.SignedCheckpoint
	origin := ""
	err := c.db.View(ctx, func(r store.Reader) (err error) {
		origin, _ = c.ledger.Origin(r) // a store that has none has no checkpoint
		newest, err = c.ledger.newestCheckpoint(r)
		return err
	})
	c.mu.Lock()
	c.origin, c.failed = origin, err
	if newest.Size >= c.newest.Size {
		c.newest = newest
	}
	c.mu.Unlock()
	if err != nil {
		c.log.Error("the newest checkpoint of the audit log cannot be read; tokenscale audit verify tells more", "err", err)
	}
}

// Run makes checkpoints until ctx ends: after checkpointEvery entries, and
// after checkpointPause if anything is new.
func (c *Checkpointer) Run(ctx context.Context) {
	c.due.EachOrEvery(ctx, checkpointPause, func(ctx context.Context) {
		if c.Signs != nil && !c.Signs() {
			return
		}
		if _, err := c.Make(ctx); err != nil && ctx.Err() == nil {
			c.log.Error("no checkpoint of the audit log could be made; it is tried again", "err", err)
		}
	})
}

// Some returns the newest checkpoint, and makes the first if there is none.
func (c *Checkpointer) Some(ctx context.Context) (audit.SignedCheckpoint, error) {
	if s := c.Newest(); s.Note != "" {
		return s, nil
	}
	return c.Make(ctx)
}

// Make signs the log as it is now and keeps the signature, unless nothing is
// new. It returns the newest checkpoint, with an empty Note while the log is
// empty.
func (c *Checkpointer) Make(ctx context.Context) (audit.SignedCheckpoint, error) {
	c.making.Lock()
	defer c.making.Unlock()
	s, err := c.next(ctx)
	if err == nil || ctx.Err() == nil { // who hangs up says nothing about the log
		c.mu.Lock()
		c.failed = err
		c.mu.Unlock()
	}
	return s, err
}

func (c *Checkpointer) next(ctx context.Context) (audit.SignedCheckpoint, error) {
	now := c.now()
	var newest, next audit.SignedCheckpoint
	err := c.db.View(ctx, func(r store.Reader) (err error) {
		if newest, err = c.ledger.newestCheckpoint(r); err == nil {
			next, err = c.ledger.sign(r, newest, now)
		}
		return err
	})
	if err != nil || next.Size == newest.Size {
		return newest, err
	}
	err = c.db.Update(ctx, func(w store.Writer) error { return c.ledger.keepCheckpoint(w, next) }, store.UseReserve)
	if err != nil {
		return newest, err
	}
	c.mu.Lock()
	c.newest = next
	c.mu.Unlock()
	return next, nil
}
