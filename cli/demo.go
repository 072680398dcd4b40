package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"tokenscale/app"
	"tokenscale/authority"
	"tokenscale/demo"
)

// defaultData is the data folder unless a setting says otherwise.
const defaultData = "./data"

// errDemo refuses settings that a demonstration would not heed.
var errDemo = errors.New("--demo makes a store of its own and throws it away: leave out --data, --key-file, --state-file, --bootstrap-root-token-hashed and --store etcd, and their twins in the environment")

// stage makes the store of a demonstration, in a folder that remove takes away.
func stage(ctx context.Context, o app.Options) (_ app.Options, remove func() error, err error) {
	if o.InEtcd() || o.Data != defaultData || o.KeyFile != "" || o.StateFile != "" || o.RootHash != "" {
		return o, nil, errDemo
	}
	folder, err := os.MkdirTemp("", "tokenscale-demo-*")
	if err != nil {
		return o, nil, err
	}
	o.Data = folder
	remove = func() error { return os.RemoveAll(folder) }
	if err := fill(ctx, o); err != nil {
		return o, nil, errors.Join(err, remove())
	}
	return o, remove, nil
}

// fill fills the store, and shows its root token.
func fill(ctx context.Context, o app.Options) (err error) {
	db, keys, err := app.OpenStore(ctx, o, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	root, err := demo.Fill(ctx, authority.Options{
		DB: db, Keys: keys, Now: o.Now, Random: o.Random, Log: app.NewLog(o), StateFile: o.StatePath(),
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.Stderr, "This is a demonstration. Everything in it is thrown away when the server stops.\nRoot token (shown once): %s\n", root.Reveal())
	return err
}
