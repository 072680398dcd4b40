package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"tokenscale/app"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rollback"
	"tokenscale/authority/rows"
	"tokenscale/authority/transfer"
	"tokenscale/epoch"
	"tokenscale/store"
)

// storeCommands are the commands about the whole store.
type storeCommands struct {
	Copy storeCopy `cmd:"" help:"Bring all rows of a store into another one, from a file into etcd or back, while all servers are stopped."`
}

// storeCopy brings a store from a file into etcd, or back.
type storeCopy struct {
	From      string          `required:"" placeholder:"STORE" help:"The store that is there: bolt:FOLDER or etcd:PREFIX."`
	To        string          `required:"" placeholder:"STORE" help:"The store to make, which must be empty: bolt:FOLDER or etcd:PREFIX."`
	Etcd      app.EtcdOptions `embed:""`
	KeyFile   string          `env:"TOKENSCALE_KEY_FILE" placeholder:"FILE" help:"File of the keys, which stay the same; keys in the folder unless set."`
	Segments  string          `name:"audit-segments" env:"TOKENSCALE_AUDIT_SEGMENTS" placeholder:"FOLDER" help:"Folder of the files of the audit log that has left the store, audit in the folder unless set. They are read, and stay where they are."`
	StateFile string          `env:"TOKENSCALE_STATE_FILE" placeholder:"FILE" help:"File that notes how far the store has come; the key file's name with .state behind it unless set."`
}

// Help is printed by --help.
func (storeCopy) Help() string {
	return "Rows go as they are, so keys, tokens and the audit log stay. In the end both stores are compared, by the number of rows and a SHA-256 of each table and by the root of the audit log. " +
		"Whenever the command is cut off it goes on when it is run again; no server starts on a store that was copied by half. " +
		"Afterwards no server starts on the old one, unless with --accept-rollback."
}

// Run is called by kong.
func (c *storeCopy) Run(ctx context.Context, base app.Options) (err error) {
	from, to, err := c.sides(base)
	if err != nil {
		return err
	}
	keys, err := keyring.Load(from.KeyPath())
	if err != nil {
		return fmt.Errorf("what is copied is checked with the keys: %w", err)
	}
	source, closeSource, err := openSide(ctx, from)
	if err != nil {
		return fmt.Errorf("opening %s: %w", c.From, err)
	}
	defer func() { err = errors.Join(err, closeSource(err == nil)) }()
	if err := source.View(ctx, rows.New(keys).Heed); err != nil {
		return err
	}
	if err := checkRecord(ctx, source, keys, from.StatePath()); err != nil {
		return err
	}
	target, closeTarget, err := openSide(ctx, to)
	if err != nil {
		return fmt.Errorf("opening %s: %w", c.To, err)
	}
	defer func() { err = errors.Join(err, closeTarget(err == nil)) }()
	o := transferOptions(to, source, target, keys, from.Store+" to "+to.Store)
	past, err := from.OpenSegments(keys, app.NewLog(base))
	if err != nil {
		return err
	}
	o.Past = past.Through
	o.Alone = func(context.Context) error { return errors.Join(alone(source, from), alone(target, to)) }
	rep, err := transfer.Run(ctx, o)
	if err != nil {
		return err
	}
	return tellTransfer(base, rep, c.To)
}

// sides returns the settings of both stores.
func (c *storeCopy) sides(base app.Options) (from, to app.Options, err error) {
	from, to = base, base
	if from.StoreOptions, err = c.side("--from", c.From); err != nil {
		return from, to, err
	}
	if to.StoreOptions, err = c.side("--to", c.To); err != nil {
		return from, to, err
	}
	if from.Store == to.Store {
		return from, to, fmt.Errorf("--from and --to are both a store in %s: one is copied from bolt to etcd, or back. To move a file, stop the server and move its folder", from.Store)
	}
	folder := from.Data + to.Data // one of them has none yet
	for _, o := range []*app.Options{&from, &to} {
		o.Audit.Segments = cmp.Or(c.Segments, filepath.Join(folder, "audit"))
		if o.InEtcd() {
			// Of the mirror, which the next run goes on with.
			o.Data = filepath.Join(folder, ".copy")
		}
		if o.KeyFile == "" {
			o.KeyFile = filepath.Join(folder, "keys")
		}
		if err := o.AfterApply(); err != nil {
			return from, to, err
		}
	}
	return from, to, nil
}

// side reads the name of a store.
func (c *storeCopy) side(flag, name string) (o app.StoreOptions, err error) {
	kind, place, ok := strings.Cut(name, ":")
	o = app.StoreOptions{Store: kind, KeyFile: c.KeyFile, StateFile: c.StateFile}
	switch {
	case !ok || place == "" || kind != "bolt" && kind != "etcd":
		return o, fmt.Errorf("%s takes bolt:FOLDER or etcd:PREFIX, not %q", flag, name)
	case kind == "bolt":
		o.Data = place
		return o, nil
	}
	o.Etcd = c.Etcd
	o.Etcd.Prefix = place
	node, err := o.Etcd.Node()
	o.Etcd.NodeName = node + ".copy" // the node itself has another part in this
	return o, err
}

// openSide opens a store, as a node of its own if it is one in etcd.
func openSide(ctx context.Context, o app.Options) (db store.DB, end func(done bool) error, err error) {
	if !o.InEtcd() {
		db, err := app.OpenFolder(o, false)
		if err != nil {
			return nil, nil, stopFirst(err)
		}
		return db, func(bool) error { return db.Close() }, nil
	}
	if db, _, err = app.OpenStore(ctx, o, false); err != nil {
		return nil, nil, err
	}
	return db, func(done bool) error {
		err := db.Close()
		if done {
			err = errors.Join(err, os.RemoveAll(o.Data))
		}
		return err
	}, nil
}

// checkRecord refuses a store that is older than its record says, if there is one.
func checkRecord(ctx context.Context, db store.DB, keys *keyring.Keys, path string) error {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	err := db.View(ctx, func(r store.Reader) error { return rollback.Check(r, keys, path) })
	if errors.Is(err, rollback.ErrMoved) {
		return nil // by a copy that was cut off, which goes on
	}
	return err
}

func transferOptions(to app.Options, from, target store.DB, keys *keyring.Keys, way string) transfer.Options {
	return transfer.Options{
		From: from, To: target, Keys: keys, Way: way,
		Record: rollback.Options{Path: to.StatePath(), Now: epoch.Of(to.Now()), Log: slog.New(slog.NewTextHandler(to.Stderr, nil))},
		Alone:  func(context.Context) error { return alone(target, to) },
		Proof:  func(ctx context.Context) error { return proof(ctx, target) },
	}
}

// alone fails if other nodes than ours have a store open.
func alone(db store.DB, o app.Options) error {
	shared, ok := db.(store.Shared)
	if !ok {
		return nil // its folder is locked
	}
	ours, err := o.Etcd.Node()
	if err != nil {
		return err
	}
	var others []string
	for _, n := range shared.Nodes() {
		if n.Name != ours {
			others = append(others, n.Name)
		}
	}
	if len(others) > 0 {
		return fmt.Errorf("other nodes have the store open, stop them first: %s", strings.Join(others, ", "))
	}
	return nil
}

// proof fails if what a store believes to be in etcd is not there.
func proof(ctx context.Context, db store.DB) error {
	c, ok := db.(interface {
		Compare(ctx context.Context) (int, error)
	})
	if !ok {
		return nil
	}
	different, err := c.Compare(ctx)
	if err == nil && different > 0 {
		err = fmt.Errorf("%w: %d rows in etcd are not what was written there", transfer.ErrUnequal, different)
	}
	return err
}

func tellTransfer(base app.Options, rep transfer.Report, to string) error {
	for _, s := range rep.Tables {
		fmt.Fprintf(base.Stdout, "%-12s %d rows, SHA-256 %x\n", s.Table, s.Rows, s.Sum)
	}
	_, err := fmt.Fprintf(base.Stdout, "%s holds all of it: %d audit entries, root %s. No server starts on the old store any more.\n", to, rep.Log.Size, rep.Log.Root)
	return err
}
