package keyring

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"tokenscale/durable"

	"golang.org/x/sys/unix"
)

// readOwn returns what is in a file that nobody but its owner can read or
// change. The file that is looked at is the one that is read.
func readOwn(path string) (text []byte, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if errors.Is(err, unix.ELOOP) {
		return nil, fmt.Errorf("%s is a symbolic link, which another file may be put behind: give the path of the file itself", path)
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := private(path, info); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(f, maxKeyFile+1))
}

// private refuses a file that somebody else can read or change.
func private(path string, info fs.FileInfo) error {
	mode := info.Mode()
	switch owner, ok := info.Sys().(*syscall.Stat_t); {
	case !mode.IsRegular():
		return fmt.Errorf("%s is not a plain file (its mode is %v)", path, mode)
	case mode.Perm()&0o077 != 0:
		return fmt.Errorf("%s has the mode %v; it must be a file that only its owner may read: chmod 600 it", path, mode)
	case !ok || owner.Uid != 0 && int(owner.Uid) != os.Geteuid():
		return fmt.Errorf("%s belongs to another user, who can change it: run this as that user, or chown it to the one that runs the server", path)
	}
	return nil
}

// A Staged key file stands whole beside the one that it is to replace.
type Staged struct{ path, whole string }

// Stage writes f beside the key file at path, durably. A name that is always
// the same leaves nothing lying about when we are cut off: the next try
// writes over it.
func (f File) Stage(path string) (Staged, error) {
	s := Staged{path, path + ".new"}
	if err := os.Remove(s.whole); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("the key file cannot be replaced: %w", err)
	}
	if err := durable.Write(s.whole, f.text()); err != nil {
		return s, fmt.Errorf("the key file cannot be replaced: %w", err)
	}
	return s, nil
}

// Commit puts the staged file in the place of the key file.
func (s Staged) Commit() error {
	if err := durable.Rename(s.whole, s.path); err != nil {
		return fmt.Errorf("the key file cannot be replaced: %w", err)
	}
	return nil
}

// Drop removes the staged file.
func (s Staged) Drop() error { return os.Remove(s.whole) }

// Replace does it in one go.
func (f File) Replace(path string) error {
	s, err := f.Stage(path)
	if err != nil {
		return err
	}
	return s.Commit()
}
