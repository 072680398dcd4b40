package main

import "syscall"

// ofItsOwn keeps Ctrl-C away from a child, which is stopped in its turn, and has it end with us
// whatever becomes of us.
func ofItsOwn() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
