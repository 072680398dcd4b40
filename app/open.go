package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"tokenscale/authority"
	"tokenscale/authority/integrity"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rekey"
	"tokenscale/authority/rows"
	"tokenscale/store"
	"tokenscale/store/bolt"
	"tokenscale/store/bolt/boltfile"
	"tokenscale/token"
)

// openAuthority opens the store and what stands on it: to be served, or, where
// nothing can be written, to verify.
func (a *App) openAuthority(ctx context.Context) error {
	hash, err := rootHash(a.opts.RootHash)
	if err != nil {
		return err // before anything is made in the data folder
	}
	open := a.openToServe
	if !a.opts.InEtcd() && boltfile.OnlyToRead(a.opts.Data) {
		open = a.openToVerify
	}
	out, err := open(ctx)
	if err != nil {
		return a.advised(err)
	}
	if err := a.openUpon(ctx, hash, out); err != nil {
		return a.advised(err)
	}
	return nil
}

// openToServe opens where audit entries are written out to, and then the
// store: what is opened last is closed first, and writes its last entries.
func (a *App) openToServe(ctx context.Context) (out io.Writer, err error) {
	if out, err = a.openSink(); err != nil {
		return nil, err
	}
	a.file = rekey.NewWatcher(a.opts.KeyPath(), a.log)
	a.db, a.keys, err = OpenStore(ctx, a.opts, true)
	return out, err
}

// openUpon opens the authority upon the store.
func (a *App) openUpon(ctx context.Context, hash *token.Hash, out io.Writer) (err error) {
	db := a.db
	a.undoes("store", func(context.Context) error { return db.Close() })
	a.describe(a.opts.Listen)
	archived, err := a.opts.ArchiveSettings(a.opts.AuditKeep)
	if err != nil {
		return err
	}
	node := ""
	if a.opts.InEtcd() {
		if node, err = a.opts.Etcd.Node(); err != nil {
			return err
		}
	}
	a.auth, err = authority.Open(ctx, authority.Options{
		DB: db, Keys: a.keys, Now: a.opts.Now, Random: a.opts.Random, Log: a.log, RootHash: hash, AuditSink: out,
		StateFile: a.opts.StatePath(), AcceptRollback: a.opts.AcceptRollback, Join: a.opts.InEtcd(), Node: node,
		Steady: a.opts.Steady, AcceptClock: a.opts.AcceptClock, Archive: archived,
	})
	if err != nil {
		return err
	}
	a.undoes("authority", a.auth.Close)
	if remark := a.keys.Remark(); remark != "" {
		a.log.Info("the key file: " + remark)
	}
	if m, ok := db.(store.MemoryReleaser); ok {
		m.ReleaseMemory() // all of it was read, and the index has what is asked for
	}
	return nil
}

// advised tells whoever cannot have their store which file it is and what to do.
func (a *App) advised(err error) error {
	if errors.Is(err, boltfile.ErrHome) {
		return fmt.Errorf("%w. --allow-network-storage allows it", err)
	}
	if !integrity.Broken(err) {
		return err
	}
	if a.opts.InEtcd() {
		return fmt.Errorf("the store in etcd below %s cannot be used: %w. tokenscale doctor tells what is wrong", a.opts.Etcd.prefix(), err)
	}
	return fmt.Errorf("%s cannot be used: %w. tokenscale doctor tells what is wrong, and saves what is left; tokenscale restore puts a backup in its place", boltfile.Path(a.opts.Data), err)
}

// OpenStore opens the store and its keys. Only for a store that is still
// empty, and only if mayMake is set, keys are made: to a store with rows in
// it, new keys would be wrong ones. Nodes that share a store have one key file,
// which key new makes, so for etcd none is made here. The keys heed what the store says of them.
func OpenStore(ctx context.Context, o Options, mayMake bool) (store.DB, *keyring.Keys, error) {
	keys, err := keyring.Load(o.KeyPath())
	missing := errors.Is(err, keyring.ErrNoFile)
	if missing && o.InEtcd() {
		return nil, nil, fmt.Errorf("%w: all nodes that share a store have the same key file. Make it once with tokenscale key new, and copy it to each node", err)
	}
	if err != nil && !(missing && mayMake) {
		return nil, nil, err
	}
	db, err := openStore(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	if missing {
		if keys, err = makeKeys(ctx, db, o); err != nil {
			return nil, nil, errors.Join(err, db.Close())
		}
	}
	if err := db.View(ctx, rows.New(keys).Heed); err != nil && !errors.Is(err, keyring.ErrSeal) {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, keys, nil
}

// openStore opens the store where the settings say that it is.
func openStore(ctx context.Context, o Options) (store.DB, error) {
	if o.InEtcd() {
		return openEtcd(ctx, o, NewLog(o))
	}
	return OpenFolder(o, false)
}

// OpenFolder opens the store in the data folder, or makes one unless it is
// only read.
func OpenFolder(o Options, readOnly bool) (store.DB, error) {
	if _, err := os.Lstat(o.MirrorFolder()); err == nil {
		return nil, fmt.Errorf("%s holds the mirror of a store in etcd: set --store etcd, or give --data another folder", o.Data)
	}
	return bolt.Open(bolt.Options{
		Folder: o.Data, Tables: rows.Tables(), MaxSize: int64(o.MaxStoreSize), Now: o.Now,
		AnyHome: o.AllowNetworkStorage, ReadOnly: readOnly,
	})
}

// watchKeys reads the key file again whenever it has changed.
func (a *App) watchKeys() {
	if a.file == nil {
		return // a server that can write nothing
	}
	ctx, stop := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() { a.file.Run(ctx, a.takeKeys) })
	a.undoes("key file", func(context.Context) error { stop(); watching.Wait(); return nil })
}

// readKeys reads the key file again if it has changed.
func (a *App) readKeys(ctx context.Context) {
	if a.file != nil {
		a.file.Look(ctx, a.takeKeys)
	}
}

// takeKeys goes on with other keys, and tells the other nodes at once: a rotation may wait for it.
func (a *App) takeKeys(ctx context.Context, keys *keyring.Keys) error {
	err := a.auth.Keys().Take(ctx, keys)
	if err == nil {
		a.describe(a.ln.Addr().String())
	}
	return err
}

func makeKeys(ctx context.Context, db store.DB, o Options) (*keyring.Keys, error) {
	empty, err := isEmpty(ctx, db)
	if err != nil {
		return nil, err
	}
	if !empty {
		return nil, fmt.Errorf("there is a store in %s but no key file at %s: give the key file it was made with", o.Data, o.KeyPath())
	}
	return keyring.Create(o.KeyPath(), o.Random)
}

// isEmpty reports whether db has no row in any table.
func isEmpty(ctx context.Context, db store.DB) (bool, error) {
	empty := true
	err := db.View(ctx, func(r store.Reader) error {
		for _, t := range rows.Tables() {
			if err := r.Scan(t, store.Range{}, func(_, _ []byte) error { empty = false; return store.Stop }); err != nil {
				return err
			}
		}
		return nil
	})
	return empty, err
}

func rootHash(text string) (*token.Hash, error) {
	text = strings.TrimSpace(text) // which it has when it was read from a file
	if text == "" {
		return nil, nil
	}
	h, err := token.ParseHash(text)
	if err != nil {
		return nil, fmt.Errorf("BOOTSTRAP_ROOT_TOKEN_HASHED: %w", err)
	}
	return &h, nil
}
