package authoritytest

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

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

// Node opens the store that the House has in etcd as the node with a name. The House is node a.
func (h *House) Node(name string) (store.DB, error) {
	now := time.Now //nolint:forbidigo // a member of etcd answers when it does, whatever the clock of a House says
	return etcd.Open(context.Background(), etcd.Options{
		Endpoints: strings.Split(os.Getenv(Endpoints), ","), Prefix: filepath.ToSlash(h.folder) + "/", Node: name,
		Folder: filepath.Join(h.folder, "mirror", name), Tables: rows.Tables(), Now: now, Random: rand.Read,
	})
}

// joinTime is how long a node may take until it answers for tokens.
const joinTime = 20 * time.Second

// proven returns once a node of a shared store answers for tokens.
func proven(db store.DB) error {
	shared, ok := db.(store.Shared)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), joinTime)
	defer cancel()
	for shared.Proven() != nil {
		if err := loop.Rest(ctx, time.Millisecond); err != nil {
			return errors.Join(shared.Proven(), err)
		}
	}
	return nil
}
