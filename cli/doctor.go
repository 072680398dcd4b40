package cli

import (
	"context"
	"errors"
	"fmt"

	"tokenscale/app"
	"tokenscale/authority/keyring"
)

// errUnsound means that something is wrong with the store that the doctor
// looked at.
var errUnsound = errors.New("the store is not sound")

// doctor says how a store is, and saves what is left of a damaged one.
type doctor struct {
	offlineStore
	Salvage string `placeholder:"FILE" help:"Put all rows that are certain into a new store in this file, for restore. Nothing else is changed."`
}

// Help is printed by --help.
func (doctor) Help() string {
	return "Reads every page and checks every seal, without changing anything. The server must be stopped, unless a backup is looked at, or a store in etcd: of that a copy is made, " +
		"which the audit log tells, and its members and nodes are asked how they are. " +
		"Exits with 0 if all is well, with 3 if something is wrong, with 1 if it could not look."
}

// Run is called by kong.
func (c *doctor) Run(ctx context.Context, base app.Options) error {
	o := base
	o.StoreOptions = c.StoreOptions
	ofEtcd := o.InEtcd() && c.File == ""
	if ofEtcd && c.Salvage != "" {
		return errors.New("--salvage is for the file of a store: make a backup of the one in etcd, and let the doctor look at that")
	}
	return c.hold(ctx, o, func(path string, keys *keyring.Keys) error {
		d := &diagnosis{path: path, out: o.Stdout}
		if ofEtcd {
			if err := d.members(ctx, o); err != nil {
				return err
			}
		}
		if err := c.diagnose(ctx, d, keys, o); err != nil {
			return err
		}
		if d.wrong > 0 {
			return fmt.Errorf("%w: %s", errUnsound, path)
		}
		_, err := fmt.Fprintln(o.Stdout, "All is well.")
		return err
	})
}

// diagnose looks at the store, and then saves what is left of it, if that is
// asked for.
func (c *doctor) diagnose(ctx context.Context, d *diagnosis, keys *keyring.Keys, o app.Options) error {
	if err := d.examine(ctx, keys, o); err != nil {
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
