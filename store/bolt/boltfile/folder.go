package boltfile

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"tokenscale/platform"
)

// ErrHome means that the folder is on a file system on which a store is not safe.
var ErrHome = errors.New("a store is not safe on a network file system")

// ErrUnwritable means that the folder cannot be written to.
var ErrUnwritable = errors.New("the folder of the store cannot be written to")

// A Folder is the home of a store, and how it is to be used.
type Folder struct {
	Path     string
	AnyHome  bool // it may be on a file system on which a store is not safe
	ReadOnly bool // there must be a store, and nothing is written
	Unsynced bool // as in Options
}

// Hold makes the folder unless there is one, and takes its lock until what it returns is closed.
// It waits up to a second for a process that is just about to leave. The errors are ErrHome,
// ErrUnwritable, ErrExposed and ErrLocked.
func (f Folder) Hold() (io.Closer, error) {
	if err := f.prepare(); err != nil {
		return nil, fmt.Errorf("opening store %s: %w", f.Path, err)
	}
	if f.ReadOnly {
		return lockToRead(f.Path)
	}
	return lock(f.Path)
}

// prepare makes the folder, or refuses it.
func (f Folder) prepare() error {
	if !f.AnyHome {
		if err := checkHome(f.Path); err != nil {
			return err
		}
	}
	if f.ReadOnly {
		return nil
	}
	return makeFolder(f.Path)
}

// OpenStore opens the store in the folder, whose lock the caller holds, or makes one. maxSize is
// as in Options. A file that bbolt cannot read gives store.ErrDamaged, one of another schema
// ErrSchema, one that other users can read ErrExposed; each leaves the file as it was.
func (f Folder) OpenStore(maxSize int64, schema Schema) (*File, error) {
	path := Path(f.Path)
	if !f.ReadOnly {
		if err := create(f.Path, schema); err != nil {
			return nil, err
		}
	}
	if err := checkMode(path); err != nil {
		return nil, err
	}
	if err := Check(path); err != nil {
		return nil, err
	}
	file, err := Open(path, Options{MaxSize: maxSize, ReadOnly: f.ReadOnly, Unsynced: f.Unsynced})
	if err != nil {
		return nil, err
	}
	if err := cmp.Or(file.checkSchema(schema), file.Same(path)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if !f.ReadOnly {
		// What a kill may have left of a compaction only takes space if it stays.
		_ = os.Remove(CompactPath(f.Path))
	}
	return file, nil
}

// makeFolder makes the folder unless there is one, for our eyes only, and sees to it that it is
// still there after a power cut. One that we may not write to gives ErrUnwritable, and one in
// which others could put a store of theirs ErrExposed.
func makeFolder(folder string) error {
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

// checkHome refuses a folder on a file system on which a store is not safe, before anything in
// it is touched. A folder that is not there yet will be on that of its parents.
func checkHome(folder string) error {
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
