package authoritytest

import (
	"context"
	"sync"

	"tokenscale/store"
)

// A Gate stands between an Authority and its store, and lets the test decide
// which changes go through.
type Gate struct {
	store.DB

	mu     sync.Mutex
	before func(context.Context) error
	after  func(context.Context) error
}

// Wrap is for Setup.Wrap: the Gate stands before db from now on, open.
func (g *Gate) Wrap(db store.DB) store.DB {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.DB, g.before, g.after = db, nil, nil
	return g
}

// Before calls fn before each later change. If fn returns an error, the change
// is refused with it.
func (g *Gate) Before(fn func(context.Context) error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.before = fn
}

// After calls fn after each later change that was committed. If fn returns an
// error, the caller gets that for an answer.
func (g *Gate) After(fn func(context.Context) error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.after = fn
}

// Update implements store.DB.
func (g *Gate) Update(ctx context.Context, fn func(store.Writer) error, how ...store.Option) error {
	g.mu.Lock()
	before, after := g.before, g.after
	g.mu.Unlock()
	if before != nil {
		if err := before(ctx); err != nil {
			return err
		}
	}
	if err := g.DB.Update(ctx, fn, how...); err != nil || after == nil {
		return err
	}
	return after(ctx)
}

type mineKey struct{}

// Mine marks the changes of the test itself, so that a Gate can tell them
// from those that an Authority makes on its own.
func Mine(ctx context.Context) context.Context { return context.WithValue(ctx, mineKey{}, true) }

// IsMine reports whether ctx was made by Mine.
func IsMine(ctx context.Context) bool { return ctx.Value(mineKey{}) != nil }
