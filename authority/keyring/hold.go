package keyring

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"tokenscale/platform"
)

// ErrBusy means that another command changes the key file.
var ErrBusy = errors.New("another command is changing the key file")

// Holding calls do while no other command that calls it changes the key file at path. It does not
// wait for one, and refuses with ErrBusy. The lock is a file of its own beside it, because the key
// file is replaced as a whole; where none can be made, nobody can replace the key file either, and
// do is called without.
func Holding(path string, do func() error) (err error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return do() // which says so
	}
	f, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE|platform.OpenItself, 0o600)
	switch {
	case err != nil && platform.Writable(filepath.Dir(path)) != nil:
		return do()
	case err != nil:
		return fmt.Errorf("locking the key file: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := platform.Lock(f, false); errors.Is(err, platform.ErrHeld) {
		return fmt.Errorf("%w %s: run this again when it is done", ErrBusy, path)
	} else if err != nil {
		return fmt.Errorf("locking the key file: %w", err)
	}
	return do()
}
