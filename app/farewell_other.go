//go:build !linux

package app

// ignoreNew does nothing: this system cannot ignore who wants to connect.
func ignoreNew(int) error { return nil }

// queued cannot tell how many wait.
func queued(int) (int, error) { return 0, nil }
