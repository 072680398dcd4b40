package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrHome means that the folder is on a file system on which a store is not
// safe.
var ErrHome = errors.New("a store is not safe on a network file system")

// ErrUnwritable means that the folder cannot be written to.
var ErrUnwritable = errors.New("the folder of the store cannot be written to")

// badHomes are the file systems, by their magic number in statfs, whose locks
// and syncs do not promise what a store needs: those of a network, and those
// that a program serves, of which nobody knows.
var badHomes = map[uint32]string{
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

// findHome makes the folder, or refuses it. One that is only read is not made.
func (o Options) findHome() error {
	if !o.AnyHome {
		if err := checkHome(o.Folder); err != nil {
			return err
		}
	}
	if o.ReadOnly {
		return nil
	}
	if err := makeFolder(o.Folder); err != nil {
		return err
	}
	return checkWritable(o.Folder)
}

// checkHome refuses a folder on such a file system, before anything in it is
// touched. A folder that is not there yet will be on that of its parents.
func checkHome(folder string) error {
	path, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	var s unix.Statfs_t
	for {
		err = unix.Statfs(path, &s)
		if !errors.Is(err, fs.ErrNotExist) || path == filepath.Dir(path) {
			break
		}
		path = filepath.Dir(path)
	}
	if err != nil {
		return fmt.Errorf("asking for the file system of %s: %w", path, err)
	}
	if name, bad := badHomes[uint32(s.Type)]; bad {
		return fmt.Errorf("%w: %s is on %s, where two servers could write to one store and a sync may not reach the disk", ErrHome, path, name)
	}
	return nil
}

// checkWritable refuses a folder that we may not write to.
func checkWritable(folder string) error {
	if err := unix.Access(folder, unix.W_OK|unix.X_OK); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrUnwritable, folder, err)
	}
	return nil
}

// OnlyToRead reports whether there is a store in folder that nobody can write
// to at present: its file system is mounted to be read, or has become so after
// an error, or the folder or the file was made immutable. A store that we may
// not write because it is somebody else's is none.
func OnlyToRead(folder string) bool {
	path := Path(folder)
	if unix.Access(path, unix.F_OK) != nil {
		return false
	}
	for _, p := range []string{folder, path} {
		if err := unix.Access(p, unix.W_OK); errors.Is(err, unix.EROFS) || errors.Is(err, unix.EPERM) {
			return true
		}
	}
	// A file system that has met an error need not say so before somebody
	// writes. This file has no name, and is gone when it is closed.
	fd, err := unix.Open(folder, unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
	if err == nil {
		_ = unix.Close(fd) // there is nothing in it
	}
	return errors.Is(err, unix.EROFS)
}
