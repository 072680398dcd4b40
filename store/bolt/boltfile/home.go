package boltfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"tokenscale/platform"
)

// ErrHome means that the folder is on a file system on which a store is not safe.
var ErrHome = errors.New("a store is not safe on a network file system")

// ErrUnwritable means that the folder cannot be written to.
var ErrUnwritable = errors.New("the folder of the store cannot be written to")

// MakeFolder makes the folder unless there is one, for our eyes only, and sees to it that it is
// still there after a power cut. One that we may not write to gives ErrUnwritable, and one in
// which others could put a store of theirs ErrExposed.
func MakeFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := platform.SyncFolder(filepath.Dir(folder)); err != nil {
		return err
	}
	if err := platform.Writable(folder); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrUnwritable, folder, err)
	}
	info, err := os.Stat(folder)
	if err != nil {
		return err
	}
	if err := platform.Shut(folder, info); err != nil {
		return fmt.Errorf("%w: the folder of the store, %w", ErrExposed, err)
	}
	return nil
}

// CheckHome refuses a folder on a file system on which a store is not safe, before anything in
// it is touched. A folder that is not there yet will be on that of its parents.
func CheckHome(folder string) error {
	path, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	var name string
	for {
		name, err = platform.UnsafeHome(path)
		if !errors.Is(err, fs.ErrNotExist) || path == filepath.Dir(path) {
			break
		}
		path = filepath.Dir(path)
	}
	if err != nil {
		return fmt.Errorf("asking for the file system of %s: %w", path, err)
	}
	if name != "" {
		return fmt.Errorf("%w: %s is on %s, where two servers could write to one store and a sync may not reach the disk", ErrHome, path, name)
	}
	return nil
}

// OnlyToRead reports whether there is a store in folder that nobody can write to at present: its
// file system is mounted to be read, or has become so after an error, or the folder or the file
// was made immutable. A store that we may not write because it is somebody else's is none.
func OnlyToRead(folder string) bool {
	path := Path(folder)
	if _, err := os.Stat(path); err != nil {
		return false
	}
	return platform.Frozen(folder) || platform.Frozen(path) || platform.FrozenFolder(folder)
}
