package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"tokenscale/app"
	"tokenscale/authority"
	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rekey"
	"tokenscale/authority/transfer"
	"tokenscale/durable"
	"tokenscale/platform"
	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
)

// restore puts a backup into the place of the store.
type restore struct {
	app.StoreOptions
	Replace bool   `help:"Take the place of the store that is in the data folder. It is kept beside it, under another name."`
	File    string `arg:"" help:"The backup."`
}

// Help is printed by --help.
func (restore) Help() string {
	return "The backup is checked first, page by page and seal by seal, with the key file it was made under, which no backup contains. " +
		"The server must be stopped. Tokens that were deleted after the backup was made work again, so look at the audit log of what is replaced. " +
		"The restore is written to the audit log."
}

// Run is called by kong.
func (c *restore) Run(ctx context.Context, base app.Options) (err error) {
	o := base
	o.StoreOptions = c.StoreOptions
	if o.InEtcd() && c.Replace {
		return errors.New("--replace is for a store in a file: a backup goes into an empty prefix of etcd only")
	}
	keys, err := keyring.Load(o.KeyPath())
	if err != nil {
		return fmt.Errorf("a backup is of no use without its key file: %w", err)
	}
	keys = keys.WithOldSeals() // it may be from before they were rotated
	rep, err := inspect(ctx, o, c.File, keys)
	if err != nil {
		return fmt.Errorf("nothing was restored: %w", err)
	}
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return err
	}
	if o.InEtcd() {
		return c.intoEtcd(ctx, o, keys, rep)
	}
	held, err := boltfile.Hold(o.Data)
	if err != nil {
		return stopFirst(err)
	}
	defer func() { err = errors.Join(err, held.Close()) }()
	if err := c.mayReplace(o); err != nil {
		return err
	}
	kept, err := c.swap(ctx, o, keys)
	if err != nil {
		return err
	}
	return tellRestore(o, rep, kept)
}

// tellRestore says what was restored, and where the store from before is kept.
func tellRestore(o app.Options, rep integrity.Report, kept string) error {
	for _, odd := range rep.Odd {
		fmt.Fprintln(o.Stderr, "warning: the rows are sound, but", odd)
	}
	if kept != "" {
		fmt.Fprintln(o.Stderr, "The store that was there is now", kept)
	}
	place := boltfile.Path(o.Data)
	if o.InEtcd() {
		place = "etcd"
	}
	tellSegments(o, rep)
	_, err := fmt.Fprintf(o.Stdout, "%s: restored %d tokens and %d audit entries, the last of %s. The server can be started.\n",
		place, rep.Tokens(), rep.Entries(), rep.LastAt)
	return err
}

func (c *restore) mayReplace(o app.Options) error {
	_, err := os.Lstat(boltfile.Path(o.Data))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil && !c.Replace {
		err = fmt.Errorf("there is a store in %s; with --replace the backup takes its place, and the store is kept beside it", o.Data)
	}
	return err
}

// intoEtcd brings the backup into an empty prefix of etcd.
func (c *restore) intoEtcd(ctx context.Context, o app.Options, keys *keyring.Keys, rep integrity.Report) (err error) {
	target, _, err := app.OpenStore(ctx, o, false)
	if err != nil {
		return stopFirst(err)
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	work, _, err := c.prepare(ctx, o, keys) // the transfer writes the record
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work.Data)) }()
	source, err := app.OpenFolder(work, false)
	if err != nil {
		return err
	}
	past, err := o.OpenSegments(keys, app.NewLog(o))
	if err != nil {
		return err
	}
	way := transferOptions(o, source, target, keys, "backup to etcd")
	way.Past = past.Through
	_, err = transfer.Run(ctx, way)
	if errors.Is(err, transfer.ErrNotEmpty) || errors.Is(err, transfer.ErrChanged) {
		err = fmt.Errorf("a backup is restored into an empty prefix of etcd only (etcdctl del --prefix empties one, once you have a backup of what is there): %w", err)
	}
	if err = errors.Join(err, source.Close()); err != nil {
		return err
	}
	return tellRestore(o, rep, "")
}

// swap makes a store of the backup in a folder of its own and moves it into
// place in one step: whenever we are cut off, there is a whole store.
func (c *restore) swap(ctx context.Context, o app.Options, keys *keyring.Keys) (kept string, err error) {
	work, finish, err := c.prepare(ctx, o, keys)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work.Data)) }()
	if kept, err = keep(o); err != nil {
		return "", err
	}
	if err := durable.Rename(boltfile.Path(work.Data), boltfile.Path(o.Data)); err != nil {
		return kept, err
	}
	return kept, finish()
}

// prepare makes a store of the backup in a folder of its own. finish brings the record of the
// store's state up to it, once it is in its place.
func (c *restore) prepare(ctx context.Context, o app.Options, keys *keyring.Keys) (inside app.Options, finish func() error, err error) {
	if err := removeAll(filepath.Join(o.Data, workName)); err != nil { // one that was cut off
		return inside, nil, err
	}
	work, err := os.MkdirTemp(o.Data, workName)
	if err != nil {
		return inside, nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(work))
		}
	}()
	inside = o
	inside.Store, inside.Etcd, inside.Data, inside.KeyFile = "bolt", app.EtcdOptions{}, work, o.KeyPath()
	inside.Audit.Segments = o.SegmentsFolder()
	if err := copyFile(c.File, boltfile.Path(work)); err != nil {
		return inside, nil, err
	}
	if err := reseal(ctx, inside, keys); err != nil {
		return inside, nil, err
	}
	err = offline(ctx, inside, func(a *authority.Authority, _ store.DB) (err error) {
		finish, err = a.RecordRestore(ctx, o.StatePath())
		return err
	})
	return inside, finish, err
}

// reseal brings all rows of a copy under the newest key, as those of a store in
// use are.
func reseal(ctx context.Context, o app.Options, keys *keyring.Keys) error {
	db, err := app.OpenFolder(o, false)
	if err != nil {
		return err
	}
	return errors.Join(rekey.Restored(ctx, db, keys), db.Close())
}

// workName is the pattern of the names of folders that restores work in.
const workName = ".restore-*"

// removeAll removes all that the pattern matches.
func removeAll(pattern string) error {
	paths, err := filepath.Glob(pattern)
	for _, path := range paths {
		err = errors.Join(err, os.RemoveAll(path))
	}
	return err
}

// keep gives the store that is there a second name, if there is one.
func keep(o app.Options) (string, error) {
	kept := boltfile.Path(o.Data) + ".before-" + o.Now().UTC().Format("20060102T150405.000Z")
	err := os.Link(boltfile.Path(o.Data), kept)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	return kept, err
}

// copyFile makes a durable copy that only we can read.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return errors.Join(err, in.Close())
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close(), in.Close(), platform.SyncFolder(filepath.Dir(to)))
}
