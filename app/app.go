package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rekey"
	"tokenscale/store"
	"tokenscale/web"
)

// An App is a running server.
type App struct {
	opts   Options
	log    *slog.Logger
	lines  *lineFile // nil unless audit entries are written to a file
	db     store.DB
	keys   *keyring.Keys
	file   *rekey.Watcher // of the keys
	auth   *authority.Authority
	sink   *sink            // nil unless audit entries are written out
	cert   *web.Certificate // nil for plain HTTP
	limit  *web.ConnLimit
	ln     net.Listener
	server *web.Server
	served chan error // what Serve returned

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
	if err := o.Check(); err != nil {
		return nil, err
	}
	a := &App{opts: o, log: NewLog(o), served: make(chan error, 1)}
	if o.TLSCert != "" {
		if a.cert, err = web.LoadCertificate(o.TLSCert, o.TLSKey, o.Now, a.log); err != nil {
			return nil, err // before anything is made in the data folder
		}
	}
	if a.limit, err = web.NewConnLimit(o.MaxConnections, prefixes(o.TrustedProxies), a.cert != nil, a.log); err != nil {
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
	a.watchKeys()
	a.heedReopen()
	a.openAdmin()
	go func() { a.served <- a.server.Serve(a.ln) }()
	a.announce()
	return a, nil
}

// open opens the store and the listener, with everything in between.
func (a *App) open(ctx context.Context) (err error) {
	if err := a.openAuthority(ctx); err != nil {
		return err
	}
	if a.server, err = web.New(a.webOptions()); err != nil {
		return err
	}
	if a.ln, err = new(net.ListenConfig).Listen(ctx, "tcp", a.opts.Listen); err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	a.undoes("listener", func(context.Context) error { return closeListener(a.ln) })
	a.describe(a.ln.Addr().String())
	// The root token is made only now: had the address been taken, nobody
	// would have kept what was shown.
	return a.firstRoot(ctx)
}

// webOptions says what the server serves.
func (a *App) webOptions() web.Options {
	o := web.Options{
		Authority: a.auth, Store: a.db, Sessions: a.keys, Limit: a.limit, Certificate: a.cert,
		Listen: a.opts.Listen, TrustedProxies: prefixes(a.opts.TrustedProxies),
		AllowedHosts: a.opts.AllowedHosts, AllowedOrigins: a.opts.AllowedOrigins,
		Memory: a.opts.Memory, Labels: a.opts.Pprof, Data: a.opts.Data, AuditFile: a.opts.AuditFile,
		Version: a.opts.Version.String(), Now: a.opts.Now, Log: a.log, Sleep: a.opts.Sleep,
	}
	if a.sink != nil {
		o.AuditState = a.sink.state
	}
	if a.file != nil {
		o.KeyFile = a.file.Refused
	}
	return o
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
	a.server.Leave()
	return errors.Join(cause, a.linger(), a.drain(ctx), a.close())
}

// lastMinute keeps a server going whose store has failed, so that tokens are
// verified until another one has taken over.
func (a *App) lastMinute(ctx context.Context) error {
	after := a.opts.StopAfter
	if after == 0 {
		after = time.Minute
	}
	if err := a.db.Err(); errors.Is(err, store.ErrRewound) {
		a.log.Error("etcd is older than it was, or another one stands in its place; this node answers for no token, and stops. "+
			"If that is on purpose, start each node once with --accept-rollback: tokens deleted since then work again", "for", after, "err", err)
	} else {
		a.log.Error("the store takes no more changes; tokens are still verified, then the server stops", "for", after, "err", err)
	}
	timer := time.NewTimer(after)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return a.db.Err()
}
