//go:build unix

package platform

import (
	"os/signal"
	"syscall"
)

// OutliveReaders keeps the process going when whoever reads our output has
// gone; Go would end it at the next line to standard output or standard error.
func OutliveReaders() { signal.Ignore(syscall.SIGPIPE) }

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
