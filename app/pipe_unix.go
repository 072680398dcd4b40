//go:build unix

package app

import (
	"os/signal"
	"syscall"
)

// outliveReaders keeps the process going when whoever reads our output has
// gone; Go would end it at the next line to standard output or standard error.
func outliveReaders() { signal.Ignore(syscall.SIGPIPE) }
