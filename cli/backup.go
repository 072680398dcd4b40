package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"tokenscale/app"
	"tokenscale/audit/segment"
	"tokenscale/authority"
	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/durable"
	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
)

// backup copies the store, of a running server too.
type backup struct {
	app.StoreOptions
	File string `arg:"" help:"File to make, or a folder to make one in. A file that is there is never overwritten."`
}

// Help is printed by --help.
func (backup) Help() string {
	return "The copy is one moment of the store, whether the server runs or not, and is checked page by page and seal by seal before it gets its name. " +
		"Of a store in etcd any node makes it, and it is a store in a file like every other. " +
		"It never contains the key file: copy that as well, and keep it elsewhere. Each is of no use without the other."
}

// Run is called by kong.
func (c *backup) Run(ctx context.Context, base app.Options) error {
	o := base
	o.StoreOptions = c.StoreOptions
	keys, err := keyring.Load(o.KeyPath())
	if err != nil {
		return fmt.Errorf("a backup is checked with the keys: %w", err)
	}
	path, err := newName(c.File, o)
	if err != nil {
		return err
	}
	rep, size, err := writeBackup(ctx, o, keys, path)
	if err != nil {
		return err
	}
	for _, odd := range rep.Odd {
		fmt.Fprintln(o.Stderr, "warning: the rows are sound, but", odd)
	}
	tellSegments(o, rep)
	_, err = fmt.Fprintf(o.Stdout, "%s: %d tokens and %d audit entries in %d bytes, checked.\nThe key file %s is not in it: keep a copy of that in another place.\n",
		path, rep.Tokens(), rep.Entries(), size, o.KeyPath())
	return err
}

// newName returns the path of a file that is not there yet.
func newName(given string, o app.Options) (string, error) {
	path := given
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "tokenscale-"+o.Now().UTC().Format("20060102T150405.000Z")+".db")
	}
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		return "", fmt.Errorf("there is a file %s already; a backup overwrites nothing", path)
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	return path, nil
}

// writeBackup writes a copy under another name, checks it, and only then gives
// it its own.
func writeBackup(ctx context.Context, o app.Options, keys *keyring.Keys, path string) (rep integrity.Report, size int64, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".tokenscale-*") // mode 0600
	if err != nil {
		return rep, 0, fmt.Errorf("making the backup: %w", err)
	}
	defer func() { err = errors.Join(err, ignoreMissing(os.Remove(f.Name()))) }()
	err = copyStore(ctx, o, f)
	if err = errors.Join(err, f.Sync()); err == nil {
		size, err = f.Seek(0, io.SeekEnd)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return rep, 0, fmt.Errorf("making the backup: %w", err)
	}
	if rep, err = inspect(ctx, o, f.Name(), keys); err != nil {
		return rep, 0, fmt.Errorf("the backup is not sound and was thrown away; tokenscale doctor tells more: %w", err)
	}
	return rep, size, durable.Rename(f.Name(), path)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// tellSegments says which files of the audit log a store needs that are not in it.
func tellSegments(o app.Options, rep integrity.Report) {
	if n := len(rep.Segments); n > 0 {
		var size int64
		for _, s := range rep.Segments {
			size += s.Bytes
		}
		fmt.Fprintf(o.Stdout, "Its audit entries 1 to %d are in %s to %s (%d files in %s, %d bytes), which are not in it: keep a copy of them as well.\n",
			rep.Segments[n-1].Last, segment.FileName(1), segment.FileName(rep.Segments[n-1].Number), n, o.SegmentsFolder(), size)
	}
}

// inspect returns what is to be said about the store at path, or an error if
// it must not be used.
func inspect(ctx context.Context, o app.Options, path string, keys *keyring.Keys) (rep integrity.Report, err error) {
	past, err := o.OpenSegments(keys, app.NewLog(o))
	if err != nil {
		return rep, err
	}
	err = boltfile.Inspect(ctx, path, func(r store.Reader) (err error) {
		rep, err = integrity.Inspect(ctx, past.Through(r), keys)
		return err
	})
	return rep, errors.Join(err, rep.Err())
}

// copyStore writes a copy of the store to w: the running server does, or we do
// if none runs.
func copyStore(ctx context.Context, o app.Options, w io.Writer) error {
	if _, err := os.Stat(boltfile.Path(o.Data)); err != nil && !o.InEtcd() {
		return fmt.Errorf("there is no store in %s (%w)", o.Data, err)
	}
	err := fetchBackup(ctx, o.Data, w)
	if !errors.Is(err, errNotRunning) {
		return err
	}
	return unanswered(o, offline(ctx, o, func(a *authority.Authority, db store.DB) error {
		if err := a.RecordBackup(ctx); err != nil {
			return err
		}
		_, err := db.Backup(ctx, w)
		return err
	}))
}

// offline calls do with the store of a server that is stopped. Of one that runs
// it returns boltfile.ErrLocked.
func offline(ctx context.Context, o app.Options, do func(*authority.Authority, store.DB) error) (err error) {
	db, keys, err := app.OpenStore(ctx, o, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	archived, err := o.ArchiveSettings(0)
	if err != nil {
		return err
	}
	a, err := authority.Open(ctx, authority.Options{
		DB: db, Keys: keys, Now: o.Now, Random: o.Random, Log: slog.New(slog.NewTextHandler(o.Stderr, nil)), Archive: archived,
	})
	if err != nil {
		return err
	}
	return errors.Join(do(a, db), a.Close(ctx))
}
