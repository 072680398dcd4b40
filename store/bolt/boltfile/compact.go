package boltfile

import (
	"context"
	"errors"
	"fmt"
	"os"

	"tokenscale/store"
)

// Compact writes the rows of the store at from into a new file at to, without the space that
// from does not use any more, and compares the two row by row. The new file is durable when it
// returns, but for its name; if it fails there is none. Nothing changes from. The errors are
// those of Inspect.
func Compact(ctx context.Context, from, to string) (err error) {
	defer FaultsPanic()()
	old, err := openSound(from)
	if err != nil {
		return fmt.Errorf("reading %s: %w", from, err)
	}
	defer func() { err = errors.Join(err, old.Close()) }()
	fresh, err := Open(to, Options{New: true})
	if err == nil {
		if err = errors.Join(copyChecked(ctx, old, fresh), fresh.Close()); err != nil {
			err = errors.Join(err, os.Remove(to))
		}
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", to, err)
	}
	return nil
}

func copyChecked(ctx context.Context, old, fresh *File) error {
	if err := fresh.CopyRows(old); err != nil {
		return err
	}
	if err := errors.Join(fresh.Trim(), fresh.Persist()); err != nil {
		return err
	}
	return fresh.CheckCopy(old, func(store.Table, []byte, []byte) error { return ctx.Err() })
}
