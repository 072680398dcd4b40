package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// A server that stops must not cut off a request that a client has sent, but
// net/http does: a connection that is kept alive looks idle until the moment
// in which its next request comes. So each answer ends its connection for a
// short while, and only clients still connected after that are left to
// net/http.

const (
	// drainTime is how long requests under way may take to end after the
	// server was asked to stop.
	drainTime = 20 * time.Second

	// lingerTime is for how long a client that comes back on the same
	// connection is still served.
	lingerTime = 500 * time.Millisecond

	lingerStep = 5 * time.Millisecond
)

// linger stops listening, and returns when all clients have gone, or after
// lingerTime.
func (a *App) linger() error {
	err := closeListener(a.ln)
	if ended := <-a.served; !errors.Is(ended, net.ErrClosed) {
		err = errors.Join(err, ended)
	}
	for waited := time.Duration(0); waited < lingerTime && a.limit.Connected() > 0; waited += lingerStep {
		time.Sleep(lingerStep)
	}
	return err
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

// closeListener closes what the HTTP server may have closed before.
func closeListener(ln net.Listener) error {
	if err := ln.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
