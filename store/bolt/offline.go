package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"tokenscale/store"
)

// Path returns where the file of the store in folder is.
func Path(folder string) string { return filepath.Join(folder, fileName) }

// Hold takes the lock of folder, which must be there, until what it returns
// is closed: no server can start there meanwhile. It returns ErrLocked if one
// runs. What OnlyToRead says can only be read is held without writing to it.
func Hold(folder string) (io.Closer, error) {
	f, err := Options{Folder: folder, ReadOnly: OnlyToRead(folder)}.lock()
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Inspect looks whether the file at path is a sound store and calls fn with
// its rows, in one transaction. It changes nothing, not even the folder, and
// so it reads backups as well. A file that a server has open gives ErrLocked,
// a damaged one store.ErrDamaged, one of another schema ErrSchema.
func Inspect(ctx context.Context, path string, fn func(store.Reader) error) (err error) {
	defer faultsPanic()()
	if err := check(path); err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	file, err := openToRead(path)
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := errors.Join(agree(Options{Schema: 1}, file), consistent(file)); err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	return file.View(func(tx *bbolt.Tx) (err error) {
		r := &reader{ctx: ctx, tx: tx, stop: func(err error) error { return err }}
		defer func() { r.tx = nil }()
		defer r.guardFault(&err)
		return fn(r)
	})
}

func openToRead(path string) (file *bbolt.DB, err error) {
	defer guard(&err)
	file, err = bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second, FreelistType: bbolt.FreelistMapType})
	if errors.Is(err, bolterrors.ErrTimeout) {
		err = ErrLocked
	}
	return file, err
}

// consistent asks bbolt's own check, which knows which pages should be free.
func consistent(file *bbolt.DB) (err error) {
	defer guard(&err)
	return file.View(func(tx *bbolt.Tx) error {
		var first error
		for err := range tx.Check() { // it must be read to its end
			if first == nil {
				first = fmt.Errorf("%w: %w", store.ErrDamaged, err)
			}
		}
		return first
	})
}

// A Meta is one of the two descriptions at the front of a file. Commits write
// them in turn, so that the other one is whole if a crash cuts a commit off.
type Meta struct {
	Sound    bool // the rest means something
	Commit   uint64
	PageSize int64
	Pages    uint64 // in use and free
	Root     uint64
}

// Metas returns the two descriptions of the file at path.
func Metas(path string) (metas [2]Meta, err error) {
	f, err := os.Open(path)
	if err != nil {
		return metas, err
	}
	c := checker{f: f}
	first, ok := c.metaAt(0)
	metas[0] = first.shown(ok)
	for _, size := range pageSizes(first, ok) {
		if m, ok := c.metaAt(size); ok && m.page == size {
			metas[1] = m.shown(true)
		}
	}
	return metas, f.Close()
}

func (m meta) shown(sound bool) Meta {
	if !sound {
		return Meta{}
	}
	return Meta{Sound: true, Commit: m.txid, PageSize: m.page, Pages: m.pages, Root: m.root}
}
