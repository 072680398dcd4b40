package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"

	"tokenscale/authority/ledger"
	"tokenscale/platform"
)

// A lineFile is a file that audit lines are appended to, or a named pipe. It is
// opened anew when another file, or none, has its name: somebody has moved it
// away to begin a new one, as logrotate does, and will compress the old one.
//
// A pipe that nobody reads takes no lines, and does not keep the server from
// starting: it is opened anew for each attempt until there is a reader. One
// goroutine writes and looks; another may close, which ends a write that waits,
// or ask for the file to be opened anew.
type lineFile struct {
	path   string
	refuse func(fs.FileInfo) error // files that are something else's; nil for none

	stale atomic.Bool // to be opened anew

	// For the writer only.
	size int64 // of the file, when it was last seen
	cut  bool  // what stands in it ends in the middle of a line
	half bool  // the last write ended in the middle of a line

	mu sync.Mutex
	f  *os.File // nil while it could not be opened
}

// openLines opens path. Only of a pipe without a reader it does so later.
func openLines(path string, refuse func(fs.FileInfo) error) (*lineFile, error) {
	l := &lineFile{path: path, refuse: refuse}
	_, err := l.file()
	if platform.NoReader(err) && isPipe(path) {
		err = nil
	}
	return l, err
}

// renew has the file opened anew before the next line.
func (l *lineFile) renew() { l.stale.Store(true) }

// file returns the open file that has the name. It asks not to wait: a pipe
// without a reader then refuses at once.
func (l *lineFile) file() (*os.File, error) {
	if f := l.open(); f != nil {
		if !l.stale.Swap(false) && isAt(f, l.path) {
			return f, nil
		}
		if err := errors.Join(l.whole(f), l.Close()); err != nil {
			return nil, err
		}
	}
	f, err := os.OpenFile(l.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|platform.OpenAtOnce, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the audit file: %w", err)
	}
	if err := l.take(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if l.half { // the line that was begun in the old file begins anew
		l.half = false
		return nil, ledger.ErrAgain
	}
	return f, nil
}

func (l *lineFile) open() *os.File {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.f
}

// take makes f the file that is written to, unless it must not be.
func (l *lineFile) take(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("opening the audit file: %w", err)
	}
	if l.refuse != nil {
		if err := l.refuse(info); err != nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.f, l.size, l.cut = f, lengthOf(info), endsInLine(l.path)
	return nil
}

// Write implements io.Writer. It may wait for the reader of a full pipe. It
// returns nil once the lines are on the disk in the file that has the name, and
// ledger.ErrAgain or ledger.ErrCut if they may have been lost.
func (l *lineFile) Write(b []byte) (int, error) {
	f, err := l.file()
	if err != nil {
		return 0, err
	}
	if err := errors.Join(l.whole(f), l.endLine(f)); err != nil {
		return 0, err
	}
	n, err := f.Write(b)
	l.size, l.half = l.size+int64(n), n > 0 && n < len(b)
	if platform.NoReader(err) { // the reader is gone; another may come
		err = errors.Join(err, l.Close())
	}
	if err != nil {
		return n, err
	}
	return n, l.kept(f)
}

// kept tells whether what was just written stays. Of a file that was moved away
// meanwhile that is not certain: whoever compresses it may have come to its
// end before.
func (l *lineFile) kept(f *os.File) error {
	if err := syncLines(f); err != nil {
		return err
	}
	if err := l.whole(f); err != nil {
		return err
	}
	if !isAt(f, l.path) {
		return ledger.ErrAgain
	}
	return nil
}

// whole returns ledger.ErrCut if the file is shorter than it was: somebody
// has copied it and cut it off, and what was written in between is lost.
func (l *lineFile) whole(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("looking at the audit file: %w", err)
	}
	size := lengthOf(info)
	isCut := info.Mode().IsRegular() && size < l.size // of a pipe nothing is left behind
	l.size = size
	if !isCut {
		return nil
	}
	l.cut, l.half = endsInLine(l.path), false
	return ledger.ErrCut
}

// Look implements ledger.Looker: it returns what would be in the way of a
// line, and opens the file anew if there is need to.
func (l *lineFile) Look() error {
	f, err := l.file()
	if platform.NoReader(err) && isPipe(l.path) {
		return nil // it is told when there is a line for it
	}
	if err != nil {
		return err
	}
	return l.whole(f)
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
	err := errors.Join(syncLines(l.f), l.f.Close())
	l.f = nil
	return err
}
