package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"tokenscale/authority/rows"
	"tokenscale/store"
	"tokenscale/store/bolt/boltfile"
	"tokenscale/store/etcd"
	"tokenscale/store/etcd/condition"
)

// mirrorName is the folder in the data folder that mirrors etcd.
const mirrorName = "mirror"

// MirrorFolder returns where the rows of a store in etcd are mirrored.
func (o StoreOptions) MirrorFolder() string { return filepath.Join(o.Data, mirrorName) }

// openEtcd opens the store in etcd, as the node that is configured.
func openEtcd(ctx context.Context, o Options, log *slog.Logger) (*etcd.DB, error) {
	if _, err := os.Lstat(boltfile.Path(o.Data)); err == nil {
		return nil, fmt.Errorf("there is a store of a single server in %s, which --store etcd would not use: give --data another folder", o.Data)
	}
	name, err := o.Etcd.Node()
	if err != nil {
		return nil, err
	}
	return etcd.Open(ctx, o.etcd(name, o.MirrorFolder(), log))
}

// describe has a node say of itself what the others and their operators want to know.
func (a *App) describe(address string) {
	held := func() string { return "" }
	if a.auth != nil {
		held = a.auth.Archiver().Held
	}
	if shared, ok := a.db.(store.Shared); ok {
		shared.Describe(func() store.Node {
			return store.Node{Keys: a.keys.Names(), Version: a.opts.Version.String(), Address: address, Segment: held()}
		})
	}
}

// etcd returns the settings as the store takes them.
func (o Options) etcd(node, folder string, log *slog.Logger) etcd.Options {
	e := o.Etcd
	opened := etcd.Options{
		Endpoints: e.endpoints(), Prefix: e.prefix(), Node: node, Folder: folder,
		Tables: rows.Tables(), MaxOps: e.MaxOps, MaxBytes: int(e.MaxBytes), Timeout: e.Timeout, Patience: e.Patience,
		MaxStaleness: e.MaxStaleness,
		Now:          o.Now, Random: func(b []byte) (int, error) { return io.ReadFull(o.Random, b) },
	}
	if strings.HasPrefix(opened.Endpoints[0], "https://") {
		opened.TLS = newEtcdTLS(e, log).settings
	}
	return opened
}

// InspectEtcd asks the members of etcd how they are.
func InspectEtcd(ctx context.Context, o Options) (condition.Health, error) {
	return etcd.Inspect(ctx, o.etcd("doctor", o.MirrorFolder(), NewLog(o)))
}

// CompareEtcd returns how many rows of the mirror are not what etcd has. If a node runs on it, that
// is boltfile.ErrLocked.
func CompareEtcd(ctx context.Context, o Options) (different int, err error) {
	db, err := openEtcd(ctx, o, NewLog(o))
	if err != nil {
		return 0, err
	}
	different, err = db.Compare(ctx)
	return different, errors.Join(err, db.Close())
}
