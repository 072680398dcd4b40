package authoritytest

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/rows"
	"tokenscale/loop"
	"tokenscale/store"
	"tokenscale/store/bolt"
	"tokenscale/store/etcd"
)

// Endpoints is the variable that says where etcd is, for the stores of tests: where it is not set
// they are files. It names members with commas between them.
const Endpoints = "TOKENSCALE_TEST_ETCD"

// OnEtcd reports whether the stores of tests are in etcd, but for those that need a file.
func OnEtcd() bool { return os.Getenv(Endpoints) != "" }

// Store opens the store of the closed House, or makes it. TryOpen does it by itself.
func (h *House) Store() (store.DB, error) {
	if OnEtcd() && !h.setup.File && h.setup.Bolt == nil {
		return h.Node("a")
	}
	o := bolt.Options{Folder: filepath.Join(h.folder, "data"), Tables: rows.Tables(), Now: h.Clock.Now}
	if h.setup.Bolt != nil {
		h.setup.Bolt(&o)
	}
	return bolt.Open(o)
}

// Node opens the store that the House has in etcd as the node with a name, once more. The House is
// node a.
func (h *House) Node(name string, change ...func(*etcd.Options)) (*etcd.DB, error) {
	now := time.Now //nolint:forbidigo // a member of etcd answers when it does, whatever the clock of a House says
	o := etcd.Options{
		Endpoints: strings.Split(os.Getenv(Endpoints), ","), Prefix: filepath.ToSlash(h.folder) + "/", Node: name,
		Folder: filepath.Join(h.folder, "mirror", name), Tables: rows.Tables(), Now: now, Random: rand.Read,
	}
	for _, fn := range change {
		fn(&o)
	}
	return etcd.Open(context.Background(), o)
}

// Join returns another Authority on the store that the House has in etcd, as the node with a name.
// Both are closed by leave.
func (h *House) Join(name string, change ...func(*etcd.Options)) (a *authority.Authority, leave func() error, err error) {
	db, err := h.Node(name, change...)
	if err != nil {
		return nil, nil, err
	}
	if a, err = h.authority(db, func(o *authority.Options) { o.Node = name }); err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return a, func() error { return errors.Join(a.Close(context.Background()), db.Close()) }, proven(db)
}

// joinTime is how long a node may take until it answers for tokens.
const joinTime = 20 * time.Second

// proven returns once a node of a shared store answers for tokens.
func proven(db store.DB) error {
	return once(db, func(node store.Shared) bool { return node.Proven() == nil })
}

// housed returns once a node that has a shared store alone does what one does for all.
func housed(db store.DB) error {
	return once(db, func(node store.Shared) bool { return len(node.Nodes()) > 1 || node.KeepsHouse() })
}

func once(db store.DB, is func(store.Shared) bool) error {
	shared, ok := db.(store.Shared)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), joinTime)
	defer cancel()
	for !is(shared) {
		if err := loop.Rest(ctx, time.Millisecond); err != nil {
			return errors.Join(shared.Proven(), err)
		}
	}
	return nil
}
