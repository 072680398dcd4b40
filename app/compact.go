package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"tokenscale/authority"
	"tokenscale/store"
	"tokenscale/store/bolt"
)

// compact makes the file of the store as short as its rows allow.
type compact struct{ StoreOptions }

// Help is printed by --help.
func (compact) Help() string {
	return "The server must be stopped. The rows are written into a new file, which is checked page by page and seal by seal and then takes the place of the old one in one step: " +
		"whenever the command is cut off, there is a whole store. It needs as much free space as the new file takes."
}

// compactName is the new file while it is made, behind the name of the store.
const compactName = ".compact"

// Run is called by kong.
func (c *compact) Run(ctx context.Context, base Options) (err error) {
	o := base
	o.StoreOptions = c.StoreOptions
	if _, err := os.Stat(bolt.Path(o.Data)); err != nil {
		return fmt.Errorf("there is no store in %s (%w)", o.Data, err)
	}
	if err := c.record(ctx, o); err != nil {
		return err
	}
	keys, err := authority.LoadKeys(o.keyFile())
	if err != nil {
		return err
	}
	held, err := holdStore(o.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, held.Close()) }()
	before, after, err := replaceCompacted(ctx, bolt.Path(o.Data), keys)
	if err != nil {
		return fmt.Errorf("the store is as it was: %w", err)
	}
	_, err = fmt.Fprintf(o.Stdout, "%s: %d bytes, before %d.\n", bolt.Path(o.Data), after, before)
	return err
}

// record writes it down first, which also finds out whether a server runs and
// whether the keys are the right ones.
func (c *compact) record(ctx context.Context, o Options) error {
	return stopFirst(offline(ctx, o, func(a *authority.Authority, _ store.DB) error { return a.RecordCompaction(ctx) }))
}

// stopFirst says what to do about a store that a server has open.
func stopFirst(err error) error {
	if errors.Is(err, bolt.ErrLocked) {
		return fmt.Errorf("the server is running; stop it first (%w)", err)
	}
	return err
}

// replaceCompacted puts a compacted copy in the place of the file at path, and
// returns the sizes of both.
func replaceCompacted(ctx context.Context, path string, keys *authority.Keys) (before, after int64, err error) {
	fresh := path + compactName
	if err := ignoreMissing(os.Remove(fresh)); err != nil { // one that was cut off
		return 0, 0, err
	}
	if err := bolt.Compact(ctx, path, fresh); err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, ignoreMissing(os.Remove(fresh))) }()
	if _, err := inspect(ctx, fresh, keys); err != nil {
		return 0, 0, err
	}
	if before, err = sizeOf(path); err != nil {
		return 0, 0, err
	}
	if after, err = sizeOf(fresh); err != nil {
		return 0, 0, err
	}
	return before, after, errors.Join(os.Rename(fresh, path), syncFolder(filepath.Dir(path)))
}

func sizeOf(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
