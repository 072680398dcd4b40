//go:build !windows

package platform

import (
	"errors"
	"os"
)

// SyncFolder brings the names in a folder to the disk, so that a file made or
// renamed there is there after a power cut.
func SyncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
