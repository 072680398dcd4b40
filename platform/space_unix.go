//go:build linux || darwin || freebsd

package platform

import "golang.org/x/sys/unix"

// Space returns the bytes that are free for us, and all there are, on the disk
// that path is on.
func Space(path string) (free, total uint64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0, 0, err
	}
	return uint64(max(s.Bavail, 0)) * uint64(s.Bsize), uint64(s.Blocks) * uint64(s.Bsize), nil
}
