package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
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
	Add    keyAdd    `cmd:"" help:"Put a new key into the key file, which seals nothing before key rotate."`
	Rotate keyRotate `cmd:"" help:"Have the new key seal every row, while the server runs or is stopped. Tokens go on working."`
	Status keyStatus `cmd:"" help:"Tell what is under which key, and which old keys nothing needs any more."`
	Drop   keyDrop   `cmd:"" help:"Take old keys that nothing needs any more out of the key file, while the server runs or is stopped."`
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
	_, err = fmt.Fprintf(base.Stdout, "%s holds the new key %v. Copy it to each node, and keep a copy elsewhere.\n", c.KeyPath(), keys.SealingID())
	return err
}

// keyAdd makes a new key.
type keyAdd struct{ app.StoreOptions }

// Help is printed by --help.
func (keyAdd) Help() string {
	return "A server that runs reads the key file within a second. If several nodes share the store, copy the file to all of them: key rotate is refused until all have the new key. " +
		"The file is replaced, so its folder must be writable; it may be a copy (--key-file)."
}

// Run is called by kong.
func (c *keyAdd) Run(base app.Options) error {
	id, err := rekey.Add(c.KeyPath(), base.Random)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(base.Stdout, "%s has the new key %v, which seals nothing yet. Copy the file to each node, if there are several; then run tokenscale key rotate.\n", c.KeyPath(), id)
	return err
}

// keyRotate has the new key seal.
type keyRotate struct{ app.StoreOptions }

// Help is printed by --help.
func (keyRotate) Help() string {
	return "A server that runs takes the key that key add has made, and goes on answering meanwhile; if several nodes share the store, run this where one of them runs. " +
		"A server that is stopped gets a new key by this, if there is none yet. " +
		"Whenever the command is cut off, the server goes on, or starts, and the command goes on when it is run again. In the end the older keys are marked as old in the key file. " +
		"Sessions of the page end. The older keys stay for the tokens made under them, and for backups, until key drop. Copy the key file afterwards, to each node and to where its copies are."
}

// Run is called by kong.
func (c *keyRotate) Run(ctx context.Context, base app.Options) error {
	o := base
	o.StoreOptions = c.StoreOptions
	done, err := askRotation(ctx, o)
	if errors.Is(err, errNotRunning) {
		done, err = rotateStopped(ctx, o)
	}
	if err != nil {
		return err
	}
	if done.Resumed {
		fmt.Fprintln(o.Stdout, "This finished a rotation that was cut off.")
	}
	_, err = fmt.Fprintf(o.Stdout, "The newest key is %v; %d rows were brought under it. Copy the key file %s to each other node, if there are any, and to where you keep its copies.\n",
		done.Key, done.Rows, o.KeyPath())
	return err
}

// askRotation has the server that runs rotate its keys, and marks the older ones as old. No key is
// dropped from the key file meanwhile, and none is added.
func askRotation(ctx context.Context, o app.Options) (done rekey.Rotated, err error) {
	err = keyring.Holding(o.KeyPath(), func() error {
		done, err = askAndMark(ctx, o)
		return err
	})
	return done, err
}

func askAndMark(ctx context.Context, o app.Options) (done rekey.Rotated, err error) {
	err = askKeys(ctx, o, "/rotate-keys", "does not rotate the keys", &done)
	if err != nil {
		return done, err
	}
	if done.Nothing {
		return rekey.Marked(o.KeyPath(), done.Key)
	}
	if err := rekey.Mark(o.KeyPath(), done.Key); err != nil {
		return done, fmt.Errorf("all rows are under the new key %v, and the older ones are still to be marked as old: run this again, or write \" old\" behind them. %w", done.Key, err)
	}
	return done, nil
}

func rotateStopped(ctx context.Context, o app.Options) (done rekey.Rotated, err error) {
	err = withStopped(ctx, o, func(db store.DB) error {
		done, err = rekey.Rotate(ctx, keyChange(o, db))
		if err != nil && done.Key != 0 {
			err = fmt.Errorf("the rotation to the key %v is not finished; run this again to go on: %w", done.Key, err)
		}
		return err
	})
	return done, err
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
	return "The server that runs is asked, or else the store is read, or a backup. If several nodes share the store, it also tells which node has which keys. Nothing is changed."
}

// Run is called by kong.
func (c *keyStatus) Run(ctx context.Context, base app.Options) error {
	o := base
	o.StoreOptions = c.StoreOptions
	if c.File == "" {
		var s app.KeyStatus
		err := askKeys(ctx, o, "/key-status", "does not tell of its keys", &s)
		if err == nil {
			tellKeys(base.Stdout, "The key file of the server", s.Uses)
			tellNodes(base.Stdout, s)
		}
		if !errors.Is(err, errNotRunning) {
			return err
		}
	}
	return c.read(ctx, base, func(r store.Reader, keys *keyring.Keys) error {
		uses, err := rekey.Uses(ctx, r, keys)
		if err == nil {
			tellKeys(base.Stdout, c.KeyPath(), uses)
		}
		return err
	})
}

// tellNodes names the nodes that lack a key.
func tellNodes(out io.Writer, s app.KeyStatus) {
	for _, n := range s.Nodes {
		var lack []string
		for _, u := range s.Uses {
			if !slices.Contains(n.Keys, u.ID.String()) {
				lack = append(lack, u.ID.String())
			}
		}
		if len(lack) > 0 {
			fmt.Fprintf(out, "The node %s does not have %s.\n", n.Name, strings.Join(lack, " "))
		}
	}
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
	case u.Seals:
		return "seals all new rows"
	case u.Waits:
		return "a new one that seals nothing before tokenscale key rotate"
	case u.Rows > 0:
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
	dropped, err := rekey.Without(o.KeyPath(), func() (dropped []token.KeyID, err error) {
		err = askKeys(ctx, o, "/drop-keys?"+url.Values{"id": c.IDs}.Encode(), "drops no key", &dropped)
		return dropped, err
	})
	if errors.Is(err, errNotRunning) {
		err = withStopped(ctx, o, func(db store.DB) error {
			dropped, err = rekey.Drop(ctx, keyChange(o, db), ids...)
			return err
		})
	}
	if err != nil {
		return err
	}
	return tellDropped(o.Stdout, dropped)
}

func tellDropped(out io.Writer, dropped []token.KeyID) error {
	if len(dropped) == 0 {
		_, err := fmt.Fprintln(out, "There is no old key.")
		return err
	}
	names := make([]string, len(dropped))
	for i, id := range dropped {
		names[i] = id.String()
	}
	_, err := fmt.Fprintf(out, "Dropped: %s. Backups made under them cannot be restored any more, unless you keep a copy of the older key file. Copy the key file to each other node, if there are any.\n", strings.Join(names, " "))
	return err
}

// askKeys reads the answer of the server that runs, about its keys.
func askKeys(ctx context.Context, o app.Options, path, refused string, answer any) error {
	res, done, err := askServer(ctx, o.Data, path)
	if err != nil {
		return err
	}
	defer done()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the running server %s: %s", refused, reason(res))
	}
	return json.NewDecoder(res.Body).Decode(answer)
}

func keyCount(n int) string {
	if n == 1 {
		return "1 key"
	}
	return fmt.Sprint(n, " keys")
}
