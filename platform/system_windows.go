package platform

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// HasModes says that files have no modes here. Who may read them is for the
// folders to say.
const HasModes = false

// Lacks says what a server on this system does without, a sentence each.
func Lacks() []string {
	return []string{
		"files have no modes: see to it that only the server's user can read the data folder and the key file",
		"a store cannot be compacted while the server runs",
		"new names in folders are not synced, so a power cut may undo a backup or a restore that has just ended",
		"space for the store is not taken from the disk beforehand, so on a full disk deleting may fail too",
		"the admin socket does not check who connects",
		"there is no SIGHUP: a moved audit file and a new certificate are noticed all the same",
	}
}

// SyncFolder does nothing: Windows does not sync folders.
func SyncFolder(string) error { return nil }

// Writable returns nil if a file can be made in the folder at path.
func Writable(path string) error {
	f, err := os.CreateTemp(path, ".tokenscale-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// Frozen cannot tell.
func Frozen(string) bool { return false }

// FrozenFolder cannot tell.
func FrozenFolder(string) bool { return false }

// Owner cannot tell.
func Owner(fs.FileInfo) (user, group int, ok bool) { return 0, 0, false }

// OpenAtOnce has no meaning: pipes have no place among files here.
const OpenAtOnce = 0

// OpenItself has no meaning: links are for administrators to make.
const OpenItself = 0

// NoReader reports false, for the same reason.
func NoReader(error) bool { return false }

// NobodyListens reports whether err says that there is no socket at a path, or
// one that a process left behind.
func NobodyListens(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, windows.WSAECONNREFUSED) || errors.Is(err, windows.WSAENETDOWN)
}

// NoSpace reports whether err is one of the ways in which a disk is full.
func NoSpace(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) ||
		errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED)
}

// OpenFiles returns how many files this process may have open: here nothing
// limits it.
func OpenFiles() (uint64, error) { return math.MaxInt32, nil }

// lockedByte lies far behind what stands in any file: whoever reads one must
// not be kept from it by its lock.
const lockedByte = math.MaxUint32

// Lock takes a lock of f, for us alone or shared with others that share it. It
// does not wait, and returns ErrHeld if somebody else has it.
func Lock(f *os.File, shared bool) error {
	how := uint32(windows.LOCKFILE_FAIL_IMMEDIATELY)
	if !shared {
		how |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	at := windows.Overlapped{Offset: lockedByte}
	err := windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, &at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return ErrHeld
	}
	return err
}

// Space returns the bytes that are free for us, and all there are, on the disk
// that path is on.
func Space(path string) (free, total uint64, err error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, 0, err
	}
	err = windows.GetDiskFreeSpaceEx(name, &free, &total, nil)
	return free, total, err
}

// SetAside makes f size bytes long; the space is taken when it is written.
func SetAside(f *os.File, _, size int64) error { return f.Truncate(size) }

// Release does nothing: the system sees for itself what is not needed.
func Release(uintptr, int64) {}

// UnsafeHome returns the name of the file system at path if its locks and syncs
// do not promise what a store needs, and "" if they do.
func UnsafeHome(path string) (string, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	root, err := windows.UTF16PtrFromString(filepath.VolumeName(full) + `\`)
	if err != nil {
		return "", err
	}
	if windows.GetDriveType(root) == windows.DRIVE_REMOTE {
		return "a network drive", nil
	}
	_, err = os.Stat(path)
	return "", err
}
