//go:build unix

package app

import (
	"errors"

	"golang.org/x/sys/unix"
)

// openAtOnce has a pipe that nobody reads refused, where opening it would wait.
const openAtOnce = unix.O_NONBLOCK

// isUnread reports whether err says that nobody reads a pipe.
func isUnread(err error) bool { return errors.Is(err, unix.ENXIO) || errors.Is(err, unix.EPIPE) }
