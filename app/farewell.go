package app

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"
)

// A server that stops must not cut off a request that a client has sent, but
// net/http does: those that it has not read when it is told to shut down are
// dropped, the system resets connections that wait to be accepted, and a
// connection that is kept alive looks idle until the moment in which its next
// request comes. So the door is closed first, behind those who wait at it. Then
// each answer ends its connection, for a short while, and only who is still
// connected after that is left to net/http.

const (
	// farewellTime is for how long who comes back on the same connection is
	// still served.
	farewellTime = 500 * time.Millisecond

	// lastCall is for how long those who wait at the door are let in at most.
	lastCall = 2 * time.Second

	farewellStep = 5 * time.Millisecond
)

// sayFarewell stops listening, and returns when all clients have gone, or
// nothing more was heard of them for farewellTime.
func (a *App) sayFarewell() error {
	if err := a.letIn(); err != nil {
		a.log.Debug("who connects while the server stops may be cut off", "err", err)
	}
	err := closeListener(a.ln)
	if ended := <-a.served; !errors.Is(ended, net.ErrClosed) {
		err = errors.Join(err, ended)
	}
	for waited := time.Duration(0); waited < farewellTime && a.crowd.connected() > 0; waited += farewellStep {
		time.Sleep(farewellStep)
	}
	return err
}

// letIn returns when all who wait at the door have come in, and no more come.
func (a *App) letIn() error {
	socket, ok := a.ln.(syscall.Conn)
	if !ok {
		return errors.ErrUnsupported
	}
	if err := onSocket(socket, ignoreNew); err != nil {
		return err
	}
	for waited := time.Duration(0); waited < lastCall; waited += farewellStep {
		time.Sleep(farewellStep) // also for those who are half connected
		waiting := 0
		err := onSocket(socket, func(fd int) (err error) { waiting, err = queued(fd); return err })
		if err != nil || waiting == 0 {
			return err
		}
	}
	return nil
}

// listen is net.Listen for plain TCP: of Multipath TCP, which Go would take,
// the system cannot ignore who wants to connect.
func listen(ctx context.Context, address string) (net.Listener, error) {
	var c net.ListenConfig
	c.SetMultipathTCP(false)
	return c.Listen(ctx, "tcp", address)
}

// onSocket calls do with the descriptor of a socket.
func onSocket(c syscall.Conn, do func(fd int) error) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	if e := raw.Control(func(fd uintptr) { err = do(int(fd)) }); e != nil {
		return e
	}
	return err
}
