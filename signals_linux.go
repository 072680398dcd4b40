package main

import (
	"os"
	"os/signal"
	"syscall"
	"unsafe"
)

// stackFault is SIGSTKFLT, where there is one.
const stackFault = syscall.Signal(16)

// outliveMore does the same for signals that are Linux's own.
func outliveMore() {
	signal.Notify(make(chan os.Signal, 1), stackFault)
	ignoreReserved()
}

// The first real-time signals, which Go leaves to the C library. One of them is
// what kill calls RTMIN.
const firstReserved, lastReserved = 32, 34

// ignoreReserved ignores those whose action is still to end the process.
func ignoreReserved() {
	const byDefault, ignored = 0, 1 // SIG_DFL, SIG_IGN
	type action struct {
		handler uintptr
		rest    [4]uint64 // flags, restorer, mask: none
	}
	for number := uintptr(firstReserved); number <= lastReserved; number++ {
		var now action
		const maskSize = 8
		_, _, failed := syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, number, 0, uintptr(unsafe.Pointer(&now)), maskSize, 0, 0)
		if failed != 0 || now.handler != byDefault {
			continue
		}
		now = action{handler: ignored}
		// If it fails, things are as they were.
		_, _, _ = syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, number, uintptr(unsafe.Pointer(&now)), 0, maskSize, 0, 0)
	}
}
