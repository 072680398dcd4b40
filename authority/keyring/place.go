package keyring

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"tokenscale/durable"
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

// A Staged key file stands whole beside the one that it is to replace.
type Staged struct{ path, whole string }

// Stage writes f beside the key file at path, durably. A name that is always
// the same leaves nothing lying about when we are cut off: the next try
// writes over it.
func (f File) Stage(path string) (Staged, error) {
	s := Staged{path, path + ".new"}
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return s, fmt.Errorf("the key file %s cannot be replaced, because it is a link, as in a Kubernetes Secret: "+
			"copy it to a file (cp -L), rotate with --key-file of that, and put what it holds then where the link comes from", path)
	}
	if err := os.Remove(s.whole); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("the key file cannot be replaced: %w", err)
	}
	if err := durable.Write(s.whole, f.text()); err != nil {
		return s, fmt.Errorf("the key file cannot be replaced, which takes a folder that can be written to; a copy of it elsewhere can (--key-file): %w", err)
	}
	if err := s.share(); err != nil {
		return s, fmt.Errorf("the key file cannot be replaced by one that its group can read: %w", errors.Join(err, s.Drop()))
	}
	return s, nil
}

// share lets the group read the staged file that can read the key file: the server may have it by
// that alone, as where root owns it.
func (s Staged) share() error {
	info, err := os.Stat(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, group, ok := platform.Owner(info)
	if !ok || info.Mode().Perm()&0o070 == 0 {
		return nil
	}
	if made, err := os.Stat(s.whole); err == nil && made.Mode() == info.Mode() {
		if _, got, _ := platform.Owner(made); got == group {
			return nil // as where a mount says who owns all
		}
	}
	f, err := os.OpenFile(s.whole, os.O_RDWR|platform.OpenItself, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Chown(-1, group), f.Chmod(info.Mode().Perm()), f.Sync(), f.Close())
}

// Commit puts the staged file in the place of the key file.
func (s Staged) Commit() error {
	if err := durable.Rename(s.whole, s.path); err != nil {
		return fmt.Errorf("the key file cannot be replaced: %w", err)
	}
	return nil
}

// Drop removes the staged file.
func (s Staged) Drop() error { return os.Remove(s.whole) }

// Replace does it in one go.
func (f File) Replace(path string) error {
	s, err := f.Stage(path)
	if err != nil {
		return err
	}
	return s.Commit()
}
