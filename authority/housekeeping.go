package authority

import (
	"context"
	"slices"
	"time"

	"tokenscale/authority/clock"
	"tokenscale/authority/index"
	"tokenscale/authority/rows"
	"tokenscale/loop"
	"tokenscale/store"
)

// housekeeping hides expired tokens and removes them in the end, writes last uses and
// counted refusals, and tells of tokens that will expire soon, until ctx ends.
func (a *Authority) housekeeping(ctx context.Context) { loop.Every(ctx, a.pause, a.round) }

// A task is one part of the housekeeping.
type task struct {
	name string
	do   func(context.Context) error
}

// changes are the tasks for a store that takes changes.
func (a *Authority) changes() []task {
	return []task{
		{"hiding expired tokens", a.HideExpired},
		{"removing tokens that were hidden long ago", a.removeHiddenHourly},
		{"forgetting ended sessions", a.ForgetSessions},
		{"telling of tokens that will expire soon", a.endings.Warn},
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

// What is done in the background, batch by batch, so that no request waits
// long for it.
const backgroundBatch = 500

// flushUses writes when tokens were last used: each token at most once a
// round, however often it was used.
func (a *Authority) flushUses(ctx context.Context) error {
	uses := a.index.TakeUsed()
	for len(uses) > 0 {
		batch, t := uses[:min(a.batchSize(backgroundBatch, 1), len(uses))], a.time.ToSave()
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

// What is done to many tokens is done in batches, so that other changes need not wait long, and
// no larger than the store takes.

// rowsOfToken is how many rows change at most when a token does in the background: its own, its
// last use, its audit entry, that it is found by its id, and two requests that lead to it.
const rowsOfToken = 6

// rowsOfExpiry is how many of them change when it is told that a token will expire, or when it is
// hidden: all but its last use and the requests.
const rowsOfExpiry = 3

// rowsOfDeletion is how many of them change when a token is deleted, with one in its grace period.
const rowsOfDeletion = 2 * rowsOfToken

// rowsBesides is how many rows a batch may change besides: the clock, nodes of the tree over the
// audit log.
const rowsBesides = 16

// batchSize returns for how many things one transaction does the work, if each changes so many
// rows: no more than most.
func (a *Authority) batchSize(most, each int) int {
	return store.BatchSize(a.store, most, each, rowsBesides)
}
