//go:build unix

package platform

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// HasModes says that files have modes, and owners.
const HasModes = true

// Writable returns nil if we may make files in the folder at path: its mode
// allows it and its file system is not mounted to be read.
func Writable(path string) error { return unix.Access(path, unix.W_OK|unix.X_OK) }

// Frozen reports whether nobody can write to path at present, whatever its mode:
// its file system is mounted to be read, or it was made immutable.
func Frozen(path string) bool {
	err := unix.Access(path, unix.W_OK)
	return errors.Is(err, unix.EROFS) || errors.Is(err, unix.EPERM)
}

// Owner returns the user and the group that a file belongs to.
func Owner(info fs.FileInfo) (user, group int, ok bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(s.Uid), int(s.Gid), true
}

// OpenAtOnce is a flag for opening a file without waiting, as a pipe may make
// us.
const OpenAtOnce = unix.O_NONBLOCK

// NoReader reports whether err says that nobody reads a pipe.
func NoReader(err error) bool { return errors.Is(err, unix.ENXIO) || errors.Is(err, unix.EPIPE) }

// NobodyListens reports whether err says that there is no socket at a path, or
// one that a process left behind.
func NobodyListens(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ECONNREFUSED)
}

// NoSpace reports whether err is one of the ways in which a disk is full.
func NoSpace(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) || errors.Is(err, unix.EFBIG)
}

// OpenFiles returns how many files this process may have open.
func OpenFiles() (uint64, error) {
	var files unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files)
	return uint64(max(files.Cur, 0)), err
}

// Lock takes a lock of f, for us alone or shared with others that share it. It
// does not wait, and returns ErrHeld if somebody else has it.
func Lock(f *os.File, shared bool) error {
	how := unix.LOCK_EX
	if shared {
		how = unix.LOCK_SH
	}
	for {
		err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
		switch {
		case errors.Is(err, unix.EWOULDBLOCK):
			return ErrHeld
		case !errors.Is(err, unix.EINTR):
			return err
		}
	}
}

// OpenItself is a flag for opening a file and never a link that has been put in
// its place.
const OpenItself = unix.O_NOFOLLOW
