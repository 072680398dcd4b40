package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"tokenscale/app"
	"tokenscale/authority/keyring"
	"tokenscale/store/bolt/boltfile"
)

// errUnsound means that something is wrong with the store that the doctor
// looked at.
var errUnsound = errors.New("the store is not sound")

// doctor says how a store is, and saves what is left of a damaged one.
type doctor struct {
	app.StoreOptions
	Salvage string `placeholder:"FILE" help:"Put all rows that are certain into a new store in this file, for restore. Nothing else is changed."`
	File    string `arg:"" optional:"" help:"A backup to look at in the place of the store in the data folder."`
}

// Help is printed by --help.
func (doctor) Help() string {
	return "Reads every page and checks every seal, without changing anything. The server must be stopped, unless a backup is looked at. " +
		"Exits with 0 if all is well, with 3 if something is wrong, with 1 if it could not look."
}

// Run is called by kong.
func (c *doctor) Run(ctx context.Context, base app.Options) (err error) {
	o := base
	o.StoreOptions = c.StoreOptions
	keys, err := keyring.Load(o.KeyPath())
	if err != nil {
		return fmt.Errorf("the seals are checked with the keys: %w", err)
	}
	path := c.File
	if path == "" {
		held, err := holdStore(o.Data)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, held.Close()) }()
		path = boltfile.Path(o.Data)
	} else {
		keys = keys.WithOldSeals() // it may be from before the keys were rotated
	}
	d := &diagnosis{path: path, out: o.Stdout}
	if err := c.diagnose(ctx, d, keys, o); err != nil {
		return err
	}
	if d.wrong > 0 {
		return fmt.Errorf("%w: %s", errUnsound, path)
	}
	_, err = fmt.Fprintln(o.Stdout, "All is well.")
	return err
}

// diagnose looks at the store, and then saves what is left of it, if that is
// asked for.
func (c *doctor) diagnose(ctx context.Context, d *diagnosis, keys *keyring.Keys, o app.Options) error {
	if err := d.examine(ctx, keys); err != nil {
		return err
	}
	if c.File == "" {
		if err := d.history(ctx, keys, o); err != nil {
			return err
		}
	}
	if c.Salvage == "" {
		return nil
	}
	if err := salvage(ctx, o, keys, d.path, c.Salvage); err != nil {
		return fmt.Errorf("saving what is left: %w", err)
	}
	return nil
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
