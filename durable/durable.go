package durable

import (
	"errors"
	"os"
	"path/filepath"

	"tokenscale/platform"
)

// mode is that of every file: readable and writable by its owner only.
const mode = 0o600

// Rename gives the file at from the path to, in the place of any file there. The
// content must be synced already. If it fails, which of the two is at the path
// after a power cut is not certain.
func Rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return platform.SyncFolder(filepath.Dir(to))
}

// Replace puts a file with the content at path, in the place of any file there.
func Replace(path string, content []byte) error {
	temporary, err := writeTemporary(path, content)
	if err != nil {
		return err
	}
	defer os.Remove(temporary) // which is gone if all went well
	return Rename(temporary, path)
}

// Create puts a file with the content at path. It returns an error that wraps
// fs.ErrExist if there is one already, and makes the folder if there is none.
func Create(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	temporary, err := writeTemporary(path, content)
	if err != nil {
		return err
	}
	defer os.Remove(temporary)
	if err := os.Link(temporary, path); err != nil { // unlike a rename, it replaces nothing
		return err
	}
	return platform.SyncFolder(filepath.Dir(path))
}

// Write writes a new file and syncs it. It returns an error that wraps
// fs.ErrExist if there is one already. If writing fails, nothing is left. Its
// name is durable only after platform.SyncFolder, or after a Rename.
func Write(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	return finish(f, content)
}

// writeTemporary writes a file beside path and returns its name.
func writeTemporary(path string, content []byte) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".durable-*") // with that mode
	if err != nil {
		return "", err
	}
	return f.Name(), finish(f, content)
}

// finish writes the content, syncs and closes f, and removes it if that fails.
func finish(f *os.File, content []byte) error {
	_, err := f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
