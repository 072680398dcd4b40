// Package platform is where operating systems differ: what a file system is,
// who owns a file, locks, space, the limit of open files. Linux is what the
// server is made for; the others get what they have, and [Lacks] tells what they
// have not.
package platform

import "errors"

// ErrHeld means that somebody else holds a lock.
var ErrHeld = errors.New("the lock is held")
