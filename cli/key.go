package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"tokenscale/app"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rekey"
	"tokenscale/epoch"
	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
	"tokenscale/token"
)

// key are the commands about the key file.
type key struct {
	New    keyNew    `cmd:"" help:"Make the key file that all nodes of a store in etcd have."`
	Rotate keyRotate `cmd:"" help:"Add a new key and seal every row under it, while the server is stopped. Tokens go on working."`
	Status keyStatus `cmd:"" help:"Tell what is under which key, and which old keys nothing needs any more."`
	Drop   keyDrop   `cmd:"" help:"Take old keys that nothing needs any more out of the key file, while the server is stopped."`
}

// keyNew makes a key file.
type keyNew struct{ app.StoreOptions }

// Help is printed by --help.
func (keyNew) Help() string {
	return "Copy it to each node, to where its --key-file says, with the mode 0600, and keep a copy elsewhere: without it the store is of no use. " +
		"A server with a store of its own in a file makes its key file at its first start."
}

// Run is called by kong.
func (c *keyNew) Run(base app.Options) error {
	keys, err := keyring.Create(c.KeyPath(), base.Random)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(base.Stdout, "%s holds the new key %v. Copy it to each node, and keep a copy elsewhere.\n", c.KeyPath(), keys.NewestID())
	return err
}

// keyRotate gives the store a new key.
type keyRotate struct{ app.StoreOptions }

// Help is printed by --help.
func (keyRotate) Help() string {
	return "The key file is replaced, so its folder must be writable. Whenever the command is cut off, the server starts as before, and the command goes on when it is run again. " +
		"Of a store in etcd, all nodes must be stopped, and get the new key file before they start again. " +
		"Sessions of the page end. The older keys stay for the tokens made under them, and for backups, until key drop. Make a copy of the key file afterwards."
}

// Run is called by kong.
func (c *keyRotate) Run(ctx context.Context, base app.Options) error {
	o := base
	o.StoreOptions = c.StoreOptions
	return withStopped(ctx, o, func(db store.DB) error {
		done, err := rekey.Rotate(ctx, keyChange(o, db))
		if err != nil {
			if done.Key != 0 {
				err = fmt.Errorf("the rotation to the key %v is not finished; run this again to go on: %w", done.Key, err)
			}
			return err
		}
		if done.Resumed {
			fmt.Fprintln(o.Stdout, "This finished a rotation that was cut off.")
		}
		_, err = fmt.Fprintf(o.Stdout, "The newest key is %v; %d rows were brought under it. Copy the key file %s to where you keep its copies.\n",
			done.Key, done.Rows, o.KeyPath())
		return err
	})
}

func keyChange(o app.Options, db store.DB) rekey.Change {
	return rekey.Change{DB: db, KeyFile: o.KeyPath(), StateFile: o.StatePath(), Random: o.Random, Now: epoch.Of(o.Now())}
}

// withStopped calls do with the store of a server that is stopped. Of a store that several nodes
// share, all are.
func withStopped(ctx context.Context, o app.Options, do func(store.DB) error) (err error) {
	db, _, err := app.OpenStore(ctx, o, false)
	switch {
	case errors.Is(err, boltfile.ErrLocked):
		return stopFirst(err)
	case errors.Is(err, keyring.ErrNoFile):
		return fmt.Errorf("there is no server in %s yet (%w); its first start makes a key", o.Data, err)
	case err != nil:
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := alone(db, o); err != nil {
		return err
	}
	return do(db)
}

// keyStatus says what is under which key.
type keyStatus struct{ offlineStore }

// Help is printed by --help.
func (keyStatus) Help() string {
	return "The server must be stopped, unless a backup is looked at. Nothing is changed."
}

// Run is called by kong.
func (c *keyStatus) Run(ctx context.Context, base app.Options) error {
	return c.read(ctx, base, func(r store.Reader, keys *keyring.Keys) error {
		uses, err := rekey.Uses(ctx, r, keys)
		if err == nil {
			tellKeys(base.Stdout, c.KeyPath(), uses)
		}
		return err
	})
}

func tellKeys(out io.Writer, file string, uses []rekey.Use) {
	fmt.Fprintf(out, "%s holds %s, the newest first:\n", file, keyCount(len(uses)))
	for _, u := range uses {
		fmt.Fprintf(out, "%v  rows %d, tokens %d, root token %s; %s\n", u.ID, u.Rows, u.Tokens, yesNo(u.Root), keyState(u))
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func keyState(u rekey.Use) string {
	switch {
	case u.Newest:
		return "seals all new rows"
	case !u.Old:
		return "the rotation is not finished: run tokenscale key rotate"
	case u.Idle():
		return "an old one that nothing needs: tokenscale key drop takes it away"
	}
	return "an old one, needed " + u.Needs()
}

// keyDrop takes old keys out of the key file.
type keyDrop struct {
	app.StoreOptions
	IDs []string `arg:"" optional:"" name:"id" help:"Keys to drop, by the ids that key status prints. Without one, all that nothing needs."`
}

// Help is printed by --help.
func (keyDrop) Help() string {
	return "A key that verifies tokens is refused: rotate or delete those first. Backups that were made under a dropped key cannot be restored any more."
}

// Run is called by kong.
func (c *keyDrop) Run(ctx context.Context, base app.Options) error {
	o := base
	o.StoreOptions = c.StoreOptions
	ids := make([]token.KeyID, len(c.IDs))
	for i, text := range c.IDs {
		var err error
		if ids[i], err = token.ParseKeyID(text); err != nil {
			return err
		}
	}
	return withStopped(ctx, o, func(db store.DB) error {
		dropped, err := rekey.Drop(ctx, keyChange(o, db), ids...)
		if err != nil {
			return err
		}
		if len(dropped) == 0 {
			_, err = fmt.Fprintln(o.Stdout, "There is no old key.")
			return err
		}
		names := make([]string, len(dropped))
		for i, id := range dropped {
			names[i] = id.String()
		}
		_, err = fmt.Fprintf(o.Stdout, "Dropped: %s. Backups made under them cannot be restored any more, unless you keep a copy of the older key file.\n", strings.Join(names, " "))
		return err
	})
}

func keyCount(n int) string {
	if n == 1 {
		return "1 key"
	}
	return fmt.Sprint(n, " keys")
}
