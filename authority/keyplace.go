package authority

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"tokenscale/platform"
)

// readOwn returns what is in a file that nobody else can read or change; of one
// that a group of ours can, it makes a remark. The file that is looked at is the
// one that is read. A link is followed where nobody else can change it.
func readOwn(path string) (text []byte, remark string, err error) {
	real, err := platform.Follow(path)
	if err != nil {
		return nil, "", err
	}
	f, err := os.OpenFile(real, os.O_RDONLY|platform.OpenItself|platform.OpenAtOnce, 0)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, "", err
	}
	if remark, err = platform.Private(path, info); err != nil {
		return nil, "", err
	}
	text, err = io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	return text, remark, err
}

// writeNew writes a whole durable file or none: under another name first,
// then linked into place, which fails if something is there already.
func writeNew(path string, text []byte) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, ".keys-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return platform.SyncFolder(folder)
}

// A staged key file stands whole beside the one that it is to replace.
type staged struct{ path, whole string }

// stage writes f beside the key file at path, durably. A name that is always
// the same leaves nothing lying about when we are cut off: the next try
// writes over it.
func (f keyFile) stage(path string) (staged, error) {
	s := staged{path, path + ".new"}
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return s, fmt.Errorf("the key file %s cannot be replaced, because it is a link, as in a Kubernetes Secret: "+
			"copy it to a file (cp -L), rotate with --key-file of that, and put what it holds then where the link comes from", path)
	}
	if err := os.Remove(s.whole); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("the key file cannot be replaced: %w", err)
	}
	w, err := os.OpenFile(s.whole, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return s, fmt.Errorf("the key file cannot be replaced, which takes a folder that can be written to; a copy of it elsewhere can (--key-file): %w", err)
	}
	_, err = w.Write(f.text())
	if err = errors.Join(err, w.Sync(), w.Close()); err != nil {
		return s, errors.Join(fmt.Errorf("the key file cannot be replaced: %w", err), s.drop())
	}
	return s, nil
}

// commit puts the staged file in the place of the key file.
func (s staged) commit() error {
	if err := os.Rename(s.whole, s.path); err != nil {
		return fmt.Errorf("the key file cannot be replaced: %w", err)
	}
	return platform.SyncFolder(filepath.Dir(s.path))
}

// drop removes the staged file.
func (s staged) drop() error { return os.Remove(s.whole) }

// replace does it in one go.
func (f keyFile) replace(path string) error {
	s, err := f.stage(path)
	if err != nil {
		return err
	}
	return s.commit()
}
