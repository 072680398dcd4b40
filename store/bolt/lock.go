package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// ErrLocked means that another process has the folder open.
var ErrLocked = errors.New("the store is in use")

// lock takes the lock of the folder, waiting up to a second for a process
// that is just about to leave.
//
// bbolt locks its file as well, but that lock goes with the file: move the
// file away and a second server could start in the same folder.
func lock(folder string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(folder, "LOCK"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock of store %s: %w", folder, err)
	}
	const tries = 20
	for try := range tries {
		if try > 0 {
			time.Sleep(time.Second / tries)
		}
		if err = flock(f); !errors.Is(err, syscall.EWOULDBLOCK) {
			break
		}
	}
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		err = fmt.Errorf("folder %s is open in another process%s: %w", folder, holder(f), ErrLocked)
	case err != nil:
		err = fmt.Errorf("locking store %s: %w", folder, err)
	default:
		err = sign(f)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func flock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
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

// holder tells whose process number stands in the lock, if one does.
func holder(f *os.File) string {
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 32))
	if pid := bytes.TrimSpace(text); err == nil && len(pid) > 0 {
		return fmt.Sprintf(" (process %s)", pid)
	}
	return ""
}
