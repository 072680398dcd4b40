package authority

import (
	"context"
	"encoding/binary"
	"io"
	"slices"
	"time"

	"tokenscale/authority/clock"
	"tokenscale/authority/index"
	"tokenscale/authority/rows"
	"tokenscale/authority/upkeep"
	"tokenscale/loop"
	"tokenscale/store"
)

// housekeeping hides expired tokens and removes them in the end, writes last uses and
// counted refusals, and tells of tokens that will expire soon, until ctx ends.
func (a *Authority) housekeeping(ctx context.Context) {
	loop.Every(ctx, a.pause, func(ctx context.Context) {
		if a.door != nil { // nodes that were started together must not all write at once
			_ = loop.Rest(ctx, a.jitter(a.pause/6))
		}
		a.round(ctx)
	})
}

// jitter returns some time up to most.
func (a *Authority) jitter(most time.Duration) time.Duration {
	var b [8]byte
	if _, err := io.ReadFull(a.random, b[:]); err != nil {
		return 0
	}
	return time.Duration(binary.BigEndian.Uint64(b[:]) % uint64(most+1))
}

// A task is one part of the housekeeping.
type task struct {
	name string
	do   func(context.Context) error
}

// changes are the tasks for a store that takes changes. In a cluster one node does them for all,
// and what would destroy something that a clock says is old waits until all clocks agree.
func (a *Authority) changes() []task {
	return []task{
		a.forAll(task{"hiding expired tokens", a.ifClocksAgree(a.upkeep.HideExpired)}),
		a.forAll(task{"removing tokens that were hidden long ago", a.ifClocksAgree(a.upkeep.RemoveHiddenHourly)}),
		a.forAll(task{"forgetting ended sessions", a.ifClocksAgree(a.ForgetSessions)}),
		a.forAll(task{"telling of tokens that will expire soon", a.endings.Warn}),
		a.forAll(task{"forgetting ended tokens", a.ifClocksAgree(a.ForgetEnded)}),
	}
}

// forAll has t done by the node that keeps house.
func (a *Authority) forAll(t task) task {
	return task{t.name, func(ctx context.Context) error {
		if !a.door.KeepsHouse() {
			return nil
		}
		return t.do(ctx)
	}}
}

func (a *Authority) ifClocksAgree(do func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if !a.door.ClocksAgree() {
			a.log.Warn("the clocks of the nodes are more than 5 seconds apart, so nothing is removed that has expired")
			return nil
		}
		return do(ctx)
	}
}

func (a *Authority) round(ctx context.Context) {
	for _, t := range slices.Concat(a.tasks, a.last) {
		a.attempt(ctx, t)
	}
}

func (a *Authority) attempt(ctx context.Context, t task) {
	if err := t.do(ctx); err != nil && ctx.Err() == nil {
		a.log.Error("housekeeping failed; it is tried again", "task", t.name, "err", err)
	}
}

// LongRead is how long one read of the store may take before somebody should
// look what it does: the store cannot use space again while it lasts.
const LongRead = 10 * time.Second

func (a *Authority) tellLongReads(context.Context) error {
	if s := a.store.Stats(); s.OldestRead > LongRead {
		a.log.Warn("a read of the store has lasted long, and its file grows meanwhile; a backup that is read slowly?", "for", s.OldestRead, "size", s.Size)
	}
	return nil
}

// flushUses writes when tokens were last used: each token at most once a
// round, however often it was used.
func (a *Authority) flushUses(ctx context.Context) error {
	uses := a.index.TakeUsed()
	for len(uses) > 0 {
		batch, t := uses[:min(a.batchSize(upkeep.Batch, 1), len(uses))], a.time.ToSave()
		if err := a.store.Update(ctx, func(w store.Writer) error { return a.writeUses(w, batch, t) }); err != nil {
			a.index.PutBackUsed(uses)
			return err
		}
		a.time.WasSaved(t)
		uses = uses[len(batch):]
	}
	return nil
}

func (a *Authority) writeUses(w store.Writer, uses []index.Use, t clock.Saved) error {
	if err := a.keeper.Put(w, t); err != nil {
		return err
	}
	present, err := a.rows.Present(w)
	if err != nil {
		return err
	}
	for _, u := range uses {
		if err := present.NoteUse(w, u.ID, rows.Use{At: u.At, From: u.From}); err != nil {
			return err
		}
	}
	return nil
}

// batchSize returns for how many things one transaction does the work, if each changes so many
// rows: no more than most.
func (a *Authority) batchSize(most, each int) int { return upkeep.BatchSize(a.store, most, each) }

// mending brings rows up to date at once and then from time to time, until ctx ends. It is no task
// of the other housekeeping, which must not wait for it.
func (a *Authority) mending(ctx context.Context) {
	round := func(ctx context.Context) {
		a.attempt(ctx, a.forAll(task{"bringing tokens up to date with the security policies", a.upkeep.Mend}))
		a.attempt(ctx, a.forAll(task{"finishing a rotation of the keys", a.turning.GoOn}))
	}
	round(ctx) // what a policy deleted before a restart is known again only then
	loop.Every(ctx, a.pause, round)
}

// ForgetEnded forgets tokens that ended 30 days ago, and of more than 20,000 those that ended
// first. It is safe for concurrent use.
func (a *Authority) ForgetEnded(ctx context.Context) error {
	return a.tombstones.Forget(ctx, a.clock(), a.batchSize(upkeep.Batch, 1))
}

// flushTried writes down when the strings of ended tokens were last shown.
func (a *Authority) flushTried(ctx context.Context) error {
	return a.tombstones.Flush(ctx, a.batchSize(upkeep.Batch, 1))
}
