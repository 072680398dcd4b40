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

	cut bool // what stands in it ends in the middle of a line; for the writer only

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
	l.f, l.cut = f, endsInLine(l.path)
	return f, nil
}

// endsInLine reports whether a file ends with half a line, as it does when a
// server that found no more space has ended.
func endsInLine(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false // it may be one that we may only write
	}
	var last [1]byte
	_, err = f.ReadAt(last[:], info.Size()-1)
	return errors.Join(err, f.Close()) == nil && last[0] != '\n'
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
	if err := l.endLine(f); err != nil {
		return 0, err
	}
	n, err := f.Write(b)
	if errors.Is(err, unix.EPIPE) { // the reader is gone; another may come
		err = errors.Join(err, l.Close())
	}
	return n, err
}

// endLine ends half a line that an earlier server has left. The entry comes
// again, on a line of its own.
func (l *lineFile) endLine(f *os.File) error {
	if !l.cut {
		return nil
	}
	_, err := f.WriteString("\n")
	l.cut = err != nil
	return err
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
