//go:build unix

package app

import "golang.org/x/sys/unix"

// diskSpace returns the bytes that are free for us, and all there are, on the
// disk that path is on.
func diskSpace(path string) (free, total uint64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0, 0, err
	}
	return uint64(s.Bavail) * uint64(s.Bsize), s.Blocks * uint64(s.Bsize), nil
}

// writable returns nil if we may write in the folder at path: its mode allows
// it and its disk is not read-only.
func writable(path string) error { return unix.Access(path, unix.W_OK) }
