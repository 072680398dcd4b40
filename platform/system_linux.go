package platform

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Lacks says what a server on this system does without. Here it is nothing.
func Lacks() []string { return nil }

// FrozenFolder reports whether nothing can be made in a folder because its file
// system has become read-only, which it need not say before somebody writes. The
// file by which it is tried has no name, and is gone when it is closed.
func FrozenFolder(path string) bool {
	fd, err := unix.Open(path, unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
	if err == nil {
		_ = unix.Close(fd) // there is nothing in it
	}
	return errors.Is(err, unix.EROFS)
}

// SetAside makes f size bytes long, with the space for it taken; have is how long
// it is.
func SetAside(f *os.File, have, size int64) error {
	for {
		err := unix.Fallocate(int(f.Fd()), 0, have, size-have)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOSYS):
			return f.Truncate(size)
		}
		return err
	}
}

// Release tells the system that the pages of a mapped file, size bytes from
// address on, need not stay in memory. It is a wish.
func Release(address uintptr, size int64) {
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, address, uintptr(size), unix.MADV_DONTNEED)
}

// unsafeHomes are the file systems, by their magic number in statfs, whose locks
// and syncs do not promise what a store needs: those of a network, and those
// that a program serves, of which nobody knows.
var unsafeHomes = map[uint32]string{
	0x6969:     "NFS",
	0x517b:     "SMB",
	0xff534d42: "CIFS",
	0xfe534d42: "SMB2",
	0x65735546: "FUSE",
	0x01021997: "9p",
	0x00c36400: "Ceph",
	0x5346414f: "AFS",
	0x6b414653: "AFS",
	0x73757245: "Coda",
	0x0bd00bd0: "Lustre",
	0x7461636f: "OCFS2",
	0x01161970: "GFS2",
	0x786f4256: "VirtualBox shared folder",
	0xbacbacbc: "VMware shared folder",
	0x6a656a63: "a VM's shared folder",
}

// UnsafeHome returns the name of the file system at path if its locks and syncs
// do not promise what a store needs, and "" if they do.
func UnsafeHome(path string) (string, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return "", err
	}
	return unsafeHomes[uint32(s.Type)], nil
}
