package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"tokenscale/app"
	"tokenscale/authority/archive"
	"tokenscale/authority/keyring"
	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
)

// An offlineStore is a store that no server has open: the one in the data folder, or a backup.
type offlineStore struct {
	app.StoreOptions
	File string `arg:"" optional:"" help:"A backup to look at in the place of the store in the data folder."`
}

// hold calls fn with the file of the store and the keys to read it with. No server can open it
// meanwhile. Of a store in etcd it is a copy, which is written to the audit log.
func (c offlineStore) hold(ctx context.Context, base app.Options, fn func(path string, keys *keyring.Keys) error) (err error) {
	keys, err := keyring.Load(c.KeyPath())
	if err != nil {
		return fmt.Errorf("the store is read with the keys: %w", err)
	}
	if c.File != "" {
		return fn(c.File, keys.WithOldSeals()) // it may be from before the keys were rotated
	}
	if c.InEtcd() {
		o := base
		o.StoreOptions = c.StoreOptions
		return withCopy(ctx, o, func(path string) error { return fn(path, keys) })
	}
	held, err := holdStore(c.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, held.Close()) }()
	return fn(boltfile.Path(c.Data), keys)
}

// withCopy calls fn with a copy of the store that is thrown away afterwards.
func withCopy(ctx context.Context, o app.Options, fn func(path string) error) (err error) {
	folder, err := os.MkdirTemp("", "tokenscale-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := boltfile.Path(folder)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(copyStore(ctx, o, f), f.Close()); err != nil {
		return err
	}
	return fn(path)
}

// read calls fn with the rows of the store, and those of the audit log that have left it.
func (c offlineStore) read(ctx context.Context, base app.Options, fn func(r store.Reader, keys *keyring.Keys) error) error {
	return c.readPast(ctx, base, func(r store.Reader, past *archive.Segments, keys *keyring.Keys) error {
		return fn(past.Through(r), keys)
	})
}

// readPast calls fn with the rows of the store, and with what has left it.
func (c offlineStore) readPast(
	ctx context.Context,
	base app.Options,
	fn func(r store.Reader, past *archive.Segments, keys *keyring.Keys) error,
) error {
	return c.hold(ctx, base, func(path string, keys *keyring.Keys) error {
		past, err := c.OpenSegments(keys, app.NewLog(base))
		if err != nil {
			return err
		}
		return boltfile.Inspect(ctx, path, func(r store.Reader) error { return fn(r, past, keys) })
	})
}

// ask returns what the running server answers, or what the rows say if none runs or a backup is
// asked about.
func (c offlineStore) ask(
	ctx context.Context,
	base app.Options,
	server func(ctx context.Context, folder string) (string, error),
	rows func(r store.Reader, keys *keyring.Keys) (string, error),
) (text string, err error) {
	if c.File == "" {
		if text, err = server(ctx, c.Data); !errors.Is(err, errNotRunning) {
			return text, err
		}
	}
	err = c.read(ctx, base, func(r store.Reader, keys *keyring.Keys) error {
		text, err = rows(r, keys)
		return err
	})
	return text, err
}

// holdStore keeps servers away from the store in folder.
func holdStore(folder string) (io.Closer, error) {
	if _, err := os.Stat(boltfile.Path(folder)); err != nil {
		return nil, fmt.Errorf("there is no store in %s (%w)", folder, err)
	}
	held, err := boltfile.Hold(folder)
	if errors.Is(err, boltfile.ErrLocked) {
		err = fmt.Errorf("the server is running; stop it, or make a backup and look at that (%w)", err)
	}
	return held, err
}
