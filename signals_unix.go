//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// Faults end a Go program also when they are none, but were sent by another
// process. Real ones are not affected: the runtime has them first.
var faults = []os.Signal{syscall.SIGILL, syscall.SIGTRAP, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGSEGV, syscall.SIGSYS}

// outlive keeps signals that nobody asked for from ending the process without
// a drain. What is left with its own meaning: SIGINT and SIGTERM, which main
// takes, SIGABRT, by which a watchdog ends what hangs, and those that nobody
// can take.
func outlive() {
	signal.Notify(make(chan os.Signal, 1), faults...) // to where nobody reads
	outliveMore()
}
