package boltfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"tokenscale/platform"
)

// ErrLocked means that another process has the folder open.
var ErrLocked = errors.New("the store is in use")

// Hold takes the lock of folder, which must be there, until what it returns is closed: no server
// can start there meanwhile. It returns ErrLocked if one runs. What OnlyToRead says can only be
// read is held without writing to it.
func Hold(folder string) (io.Closer, error) {
	if OnlyToRead(folder) {
		return lockToRead(folder)
	}
	return lock(folder)
}

// lock takes the lock of the folder, waiting up to a second for a process that is just about to
// leave, until what it returns is closed.
//
// bbolt locks its file as well, but that lock goes with the file: move the file away and a
// second server could start in the same folder.
func lock(folder string) (io.Closer, error) {
	f, err := os.OpenFile(lockPath(folder), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock of store %s: %w", folder, err)
	}
	if err := hold(f, false, folder); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := sign(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// lockToRead takes the lock of the folder without writing to it. Where it was never made and
// cannot be, it shares the lock of the file: whoever writes to the store must have that for
// themselves, and those who only read harm nobody.
func lockToRead(folder string) (io.Closer, error) {
	shared := false
	f, err := os.Open(lockPath(folder))
	if errors.Is(err, fs.ErrNotExist) {
		shared = true
		f, err = os.Open(Path(folder))
	}
	if err != nil {
		return nil, fmt.Errorf("opening the lock of store %s: %w", folder, err)
	}
	if err := hold(f, shared, folder); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func lockPath(folder string) string { return filepath.Join(folder, "LOCK") }

// hold takes the lock f of the folder, for all of us or for us alone.
func hold(f *os.File, shared bool, folder string) (err error) {
	const tries = 20
	for try := range tries {
		if try > 0 {
			time.Sleep(time.Second / tries)
		}
		if err = platform.Lock(f, shared); !errors.Is(err, platform.ErrHeld) {
			break
		}
	}
	switch {
	case errors.Is(err, platform.ErrHeld):
		return fmt.Errorf("folder %s is open in another process%s: %w", folder, holder(f), ErrLocked)
	case err != nil:
		return fmt.Errorf("locking store %s: %w", folder, err)
	}
	return nil
}

// sign writes our process number into the lock, for people who wonder.
func sign(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("writing the lock: %w", err)
	}
	if _, err := f.WriteAt(fmt.Appendln(nil, os.Getpid()), 0); err != nil {
		return fmt.Errorf("writing the lock: %w", err)
	}
	return nil
}

// holder tells whose process number stands in the lock, if one does. It may be an older one: who
// only reads does not sign.
func holder(f *os.File) string {
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 32))
	pid := bytes.TrimSpace(text)
	if _, bad := strconv.Atoi(string(pid)); err == nil && bad == nil {
		return fmt.Sprintf(" (process %s)", pid)
	}
	return ""
}
