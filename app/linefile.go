package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// A lineFile is a file that audit lines are appended to, or a named pipe. A
// pipe that nobody reads takes no lines, and does not keep the server from
// starting: it is opened anew for each attempt until there is a reader. One
// goroutine writes; another may close, which ends a write that waits.
type lineFile struct {
	path string

	mu sync.Mutex
	f  *os.File // nil while it could not be opened
}

// openLines opens path. Only of a pipe without a reader it does so later.
func openLines(path string) (*lineFile, error) {
	l := &lineFile{path: path}
	_, err := l.file()
	if errors.Is(err, unix.ENXIO) && isPipe(path) {
		err = nil
	}
	return l, err
}

// file returns the open file. It asks not to wait: a pipe without a reader
// then refuses at once.
func (l *lineFile) file() (*os.File, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f != nil {
		return l.f, nil
	}
	f, err := os.OpenFile(l.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|unix.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the audit file: %w", err)
	}
	l.f = f
	return f, nil
}

func isPipe(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&fs.ModeNamedPipe != 0
}

// Write implements io.Writer. It may wait for the reader of a full pipe.
func (l *lineFile) Write(b []byte) (int, error) {
	f, err := l.file()
	if err != nil {
		return 0, err
	}
	n, err := f.Write(b)
	if errors.Is(err, unix.EPIPE) { // the reader is gone; another may come
		err = errors.Join(err, l.Close())
	}
	return n, err
}

// Close implements io.Closer.
func (l *lineFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f == nil {
		return nil
	}
	err := l.f.Sync()
	if errors.Is(err, unix.EINVAL) { // a pipe has nothing to sync
		err = nil
	}
	err = errors.Join(err, l.f.Close())
	l.f = nil
	return err
}
