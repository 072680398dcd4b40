package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"tokenscale/durable"
)

// A Place keeps copies of files. It is safe for concurrent use.
type Place interface {
	// String says which place it is, for people.
	String() string

	// Put copies the file at path under a name, in the place of any that has it: whole, or not at
	// all. Once it returns nil the copy is durable.
	Put(ctx context.Context, name, path string) error

	// Get opens the file with a name. It returns an error that wraps fs.ErrNotExist if there is
	// none.
	Get(ctx context.Context, name string) (io.ReadCloser, error)
}

// A Folder is a Place on a disk. It is made when the first file is.
type Folder string

// String returns its path.
func (f Folder) String() string { return string(f) }

// Path returns where a file is.
func (f Folder) Path(name string) string { return filepath.Join(string(f), name) }

// Put implements Place.
func (f Folder) Put(ctx context.Context, name, path string) (err error) {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	return f.write(name, func(out io.Writer) error {
		_, err := io.Copy(out, &attentive{ctx, in})
		return err
	})
}

// Get implements Place.
func (f Folder) Get(_ context.Context, name string) (io.ReadCloser, error) {
	return os.Open(f.Path(name))
}

// temporary is the pattern of names of files that are being written.
const temporary = ".segment-*"

// write makes a file of what fn writes, under another name first.
func (f Folder) write(name string, fn func(io.Writer) error) (err error) {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return err
	}
	out, err := os.CreateTemp(string(f), temporary) // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(out.Name()) // which is gone if all went well
	if err := errors.Join(fn(out), out.Sync(), out.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", f.Path(name), err)
	}
	return durable.Rename(out.Name(), f.Path(name))
}

// tidy removes what a write that was cut off left behind. Nobody may be writing. Of other places
// than folders it is for them to do.
func tidy(p Place) error {
	f, ok := p.(Folder)
	if !ok {
		return nil
	}
	left, err := filepath.Glob(f.Path(temporary))
	for _, path := range left {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// attentive is a Reader that ends with its context.
type attentive struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader.
func (a *attentive) Read(p []byte) (int, error) {
	if err := a.ctx.Err(); err != nil {
		return 0, err
	}
	return a.r.Read(p)
}
