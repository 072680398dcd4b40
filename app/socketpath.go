//go:build !linux

package app

import (
	"os"
	"path/filepath"
)

// socketPath returns the path of the socket. Systems take only some hundred
// letters of it.
func socketPath(folder string) (path string, done func(), err error) {
	if _, err := os.Stat(folder); err != nil {
		return "", nil, err
	}
	return filepath.Join(folder, socketName), func() {}, nil
}
