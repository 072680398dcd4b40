package platform

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// ReadPlain reads a whole file of at most so many bytes. What is no plain file
// is refused: a pipe may keep a reader waiting forever, and a device such as
// /dev/zero has no end.
func ReadPlain(path string, most int64) (content []byte, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|OpenAtOnce, 0)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a plain file (its mode is %v)", path, info.Mode())
	}
	content, err = io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(content)) > most {
		return nil, fmt.Errorf("%s has more than %d bytes, which is more than such a file needs", path, most)
	}
	return content, err
}
