// Package app puts the server together: it opens the store, wires what stands
// above it, answers HTTP, and takes all of it down again in order. The other
// commands of the program are here too.
package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"tokenscale/authn"
	"tokenscale/authority"
	"tokenscale/authority/keyring"
	"tokenscale/store"
)

// drainTime is how long requests under way may take to end after the server
// was asked to stop.
const drainTime = 20 * time.Second

// An App is a running server.
type App struct {
	opts    Options
	log     *slog.Logger
	lines   *lineFile // nil unless audit entries are written to a file
	db      store.DB
	keys    *keyring.Keys
	auth    *authority.Authority
	sink    *sink       // nil unless audit entries are written out
	tls     *tls.Config // nil for plain HTTP, and so is cert
	cert    *certificate
	ln      net.Listener
	crowd   *crowd // ln, for as many as there is room for
	server  *http.Server
	served  chan error  // what Serve returned
	leaving atomic.Bool // not ready any more

	verifyOnly bool // nothing can be written to the data folder

	started time.Time
	timed   *timed
	told    *authn.Throttle // of strangers who were refused, and how much of it the log tells

	undo []step
}

// A step takes back one thing that Start did.
type step struct {
	name string
	do   func(context.Context) error
}

// Start builds the server from the bottom up and begins to serve. If it fails,
// whatever it had opened is closed again. ctx bounds the start; use Wait to
// serve until another one ends.
func Start(ctx context.Context, o Options) (_ *App, err error) {
	o = o.tidy()
	if err := o.check(); err != nil {
		return nil, err
	}
	a := &App{opts: o, log: newLog(o), timed: newTimed(), served: make(chan error, 1), started: o.Now()}
	if a.tls, a.cert, err = newTLS(o, a.log); err != nil {
		return nil, err // before anything is made in the data folder
	}
	if a.crowd, err = a.newCrowd(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	if err := a.open(ctx); err != nil {
		return nil, err
	}
	a.auth.Start()
	a.heedReopen()
	a.openAdmin()
	go func() { a.served <- a.serve() }()
	a.announce()
	return a, nil
}

// open opens the store and the listener, with everything in between.
func (a *App) open(ctx context.Context) (err error) {
	if err := a.openAuthority(ctx); err != nil {
		return err
	}
	if a.server, err = a.newServer(); err != nil {
		return err
	}
	if a.ln, err = listen(ctx, a.opts.Listen); err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	a.undoes("listener", func(context.Context) error { return closeListener(a.ln) })
	a.crowd.Listener = a.ln
	// The root token is made only now: had the address been taken, nobody
	// would have kept what was shown.
	return a.firstRoot(ctx)
}

// undoes registers how to take back what was just done. Steps are taken back
// in the opposite order.
func (a *App) undoes(name string, do func(context.Context) error) {
	a.undo = append(a.undo, step{name, do})
}

// close takes everything back. One failure does not keep the rest from it.
// Last writes have a deadline of their own.
func (a *App) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	var errs []error
	for _, s := range slices.Backward(a.undo) {
		if err := s.do(ctx); err != nil {
			errs = append(errs, fmt.Errorf("closing the %s: %w", s.name, err))
		}
	}
	a.undo = nil
	return errors.Join(errs...)
}

// closeListener closes what the HTTP server may have closed before.
func closeListener(ln net.Listener) error {
	if err := ln.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func (a *App) serve() error {
	if a.tls != nil {
		return a.server.ServeTLS(a.crowd, "", "")
	}
	return a.server.Serve(a.crowd)
}

// Addr returns the address the server listens on.
func (a *App) Addr() net.Addr { return a.ln.Addr() }

// Wait returns when ctx ends or the server fails, having stopped the server.
// Requests under way are answered first. If the store has stopped taking
// writes, the server goes on answering from memory for a while, and then Wait
// returns an error that wraps store.ErrStopped: only a new start can tell what
// the disk holds.
func (a *App) Wait(ctx context.Context) error {
	var cause error
	select {
	case err := <-a.served:
		return errors.Join(fmt.Errorf("serving: %w", err), a.close())
	case <-a.db.Stopped():
		cause = a.lastMinute(ctx)
	case <-ctx.Done():
		a.log.Info("stopping")
	}
	a.leaving.Store(true)
	return errors.Join(cause, a.sayFarewell(), a.drain(ctx), a.close())
}

// lastMinute keeps a server going whose store has failed, so that tokens are
// verified until another one has taken over.
func (a *App) lastMinute(ctx context.Context) error {
	after := a.opts.StopAfter
	if after == 0 {
		after = time.Minute
	}
	a.log.Error("the store takes no more changes; tokens are still verified, then the server stops", "for", after, "err", a.db.Err())
	timer := time.NewTimer(after)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return a.db.Err()
}

// drain lets the requests under way end. The listener is closed already.
func (a *App) drain(ctx context.Context) error {
	// ctx may be over, so the drain needs a deadline of its own.
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	err := a.server.Shutdown(drain)
	if err != nil { // out of patience: cut off what is left
		err = errors.Join(fmt.Errorf("some requests did not end in time: %w", err), a.server.Close())
	}
	return err
}
