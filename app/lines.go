package app

import (
	"errors"
	"io/fs"
	"os"
)

// endsInLine reports whether a file ends with half a line, as it does when a
// server that found no more space has ended.
func endsInLine(path string) bool {
	info, err := os.Stat(path)
	if err != nil || lengthOf(info) == 0 {
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

// lengthOf returns the size of a plain file, and 0 of anything else.
func lengthOf(info fs.FileInfo) int64 {
	if !info.Mode().IsRegular() {
		return 0
	}
	return info.Size()
}

// isAt reports whether f is the file at path.
func isAt(f *os.File, path string) bool {
	there, err := os.Stat(path)
	if err != nil {
		return false
	}
	here, err := f.Stat()
	return err == nil && os.SameFile(here, there)
}

func isPipe(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&fs.ModeNamedPipe != 0
}

// syncLines brings what was written to the disk, of what has one.
func syncLines(f *os.File) error {
	info, err := f.Stat()
	if err == nil && info.Mode().IsRegular() {
		err = f.Sync()
	}
	return err
}
