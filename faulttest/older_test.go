package faulttest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"tokenscale/authority"
	"tokenscale/policy"
	"tokenscale/store/bolt/boltfile"
)

// newTables are those that older stores lack.
var newTables = []string{"tree", "checkpoints", "idempotency", "idempotency-due", "idempotency-count"}

// An olderStore is one as an older program left it, and what a newer one must
// make of it.
type olderStore struct {
	p          *place
	files      string // where it is kept
	checkpoint string // a file with one that was signed before it was made older
	tree       map[string]string
	entries    uint64
}

// newOlderStore makes a store of 3,000 tokens and many more audit entries, and
// then takes from it what an older program would not have made.
func newOlderStore(t *testing.T, p *place, k *known, sweeps int) *olderStore {
	t.Helper()
	sampled(t, p, k)
	o := &olderStore{p: p, files: memory(t), checkpoint: filepath.Join(t.TempDir(), "checkpoint")}
	keys, err := authority.LoadKeys(p.keys)
	must(t, err)
	a, db, err := (&sample{keys: keys}).openAt(p.data, p.keys+".state")
	must(t, err)
	ctx := context.Background()
	lengthen(t, a, sweeps)
	note, err := a.SignedCheckpoint(ctx)
	must(t, err)
	must(t, os.WriteFile(o.checkpoint, []byte(note), 0o600))
	must(t, errors.Join(a.Close(ctx), db.Close()))
	o.tree = treeOf(t, p)
	file, err := bbolt.Open(boltfile.Path(p.data), 0o600, &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType})
	must(t, err)
	must(t, file.Update(func(tx *bbolt.Tx) (err error) {
		for _, name := range newTables {
			err = errors.Join(err, tx.DeleteBucket([]byte(name)))
		}
		o.entries = uint64(tx.Bucket([]byte("audit")).Stats().KeyN)
		return err
	}))
	must(t, file.Close())
	o.copyFiles(t, p.data, o.files)
	return o
}

// lengthen makes an audit entry about each token so many times.
func lengthen(t *testing.T, a *authority.Authority, sweeps int) {
	t.Helper()
	ctx, root, enabled := context.Background(), policy.RootActor(), true
	for n := range sweeps {
		f, err := a.CreateFilter(ctx, root, fmt.Sprint("filter ", n), "allow all", "createIPFilter")
		must(t, err)
		_, err = a.SetSecurity(ctx, root, policy.Change{
			Personal: policy.KindChange{Enabled: true}, View: policy.KindChange{Enabled: true}, Organization: policy.KindChange{Enabled: true},
			System: policy.SystemChange{Enabled: &enabled, AllowUpdates: &enabled, FilterID: &f.ID},
		}, "updateTokenSecurityPolicies")
		must(t, err)
	}
}

// treeOf returns the nodes of the tree over the audit log, nil if the store
// has no table of them.
func treeOf(t *testing.T, p *place) (tree map[string]string) {
	t.Helper()
	file, err := bbolt.Open(boltfile.Path(p.data), 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	must(t, err)
	must(t, file.View(func(tx *bbolt.Tx) error {
		nodes := tx.Bucket([]byte("tree"))
		if nodes == nil {
			return nil
		}
		tree = map[string]string{}
		return nodes.ForEach(func(k, v []byte) error { tree[string(k)] = string(v); return nil })
	}))
	must(t, file.Close())
	return tree
}

// copyFiles copies the store and the record beside the key file.
func (o *olderStore) copyFiles(t *testing.T, from, to string) {
	t.Helper()
	must(t, os.MkdirAll(to, 0o700))
	for old, path := range map[string]string{boltfile.Path(from): boltfile.Path(to), o.record(from): o.record(to)} {
		b, err := os.ReadFile(old)
		must(t, err)
		must(t, os.WriteFile(path, b, 0o600))
	}
}

// record returns where the record of the store in folder is kept.
func (o *olderStore) record(folder string) string {
	if folder == o.p.data {
		return o.p.keys + ".state"
	}
	return filepath.Join(folder, "record")
}
