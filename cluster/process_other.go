//go:build !linux

package main

import "syscall"

// ofItsOwn changes nothing: here Ctrl-C stops all processes at once.
func ofItsOwn() *syscall.SysProcAttr { return nil }
