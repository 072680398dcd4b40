//go:build darwin || freebsd

package platform

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Lacks says what a server on this system does without, a sentence each.
func Lacks() []string {
	return []string{
		"space for the store is not taken from the disk beforehand, so on a full disk deleting may fail too",
		"a disk that has become read-only is noticed by the first change that fails",
	}
}

// FrozenFolder cannot tell.
func FrozenFolder(string) bool { return false }

// SetAside makes f size bytes long; the space is taken when it is written.
func SetAside(f *os.File, _, size int64) error { return f.Truncate(size) }

// Release does nothing: the system sees for itself what is not needed.
func Release(uintptr, int64) {}

// UnsafeHome returns the name of the file system at path if its locks and syncs
// do not promise what a store needs, and "" if they do.
func UnsafeHome(path string) (string, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return "", err
	}
	name := make([]byte, 0, len(s.Fstypename))
	for _, c := range s.Fstypename {
		if c == 0 {
			break
		}
		name = append(name, byte(c))
	}
	kind := strings.ToLower(string(name))
	for _, bad := range []string{"nfs", "smb", "afp", "webdav", "fuse", "9p", "ftp", "osxfuse"} {
		if strings.Contains(kind, bad) {
			return kind, nil
		}
	}
	return "", nil
}
