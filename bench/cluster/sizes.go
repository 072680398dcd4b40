//go:build bench

package main

import (
	"errors"
	"fmt"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/bench/figures"
	"tokenscale/bench/load"
)

// perOne is what one of n takes.
func perOne(bytes int64, n int) string { return figures.Number(float64(bytes)/float64(n)) + " B" }

// bytes returns what a member has on its disk once it has forgotten the past and given back what it
// does not use.
func (b *bench) bytes() (int64, error) {
	newest, err := b.etcd.Get(b.ctx, "head")
	if err != nil {
		return 0, err
	}
	if _, err := b.etcd.Compact(b.ctx, newest.Header.Revision, clientv3.WithCompactPhysical()); err != nil && !errors.Is(err, rpctypes.ErrCompacted) {
		return 0, err // else nothing was written since the last time
	}
	var most int64
	for _, member := range b.members.endpoints {
		if _, err := b.etcd.Defragment(b.ctx, member); err != nil {
			return 0, err
		}
		status, err := b.etcd.Status(b.ctx, member)
		if err != nil {
			return 0, err
		}
		most = max(most, status.DbSizeInUse)
	}
	return most, nil
}

// entries measures what a create takes in etcd, and what a further audit entry takes: one of a
// change that replaces a row.
func (b *bench) entries() error {
	for _, what := range []struct{ name, request string }{
		{"in each member: a create with its audit entry", createToken},
		{"in each member: a further audit entry (a change of a token's permissions)", b.changePermissions()},
	} {
		bytes, n, err := b.taking(what.request)
		if err != nil {
			return err
		}
		b.row(row{name: what.name, figure: perOne(bytes, n)})
	}
	return nil
}

func (b *bench) changePermissions() string {
	return fmt.Sprintf(`mutation { updateSystemPermissionsTokenPermissions(input: {id: %q, permissions: [ReadHealthCheck]}) }`, b.ten[:32])
}

// taking has one node do something again and again, and returns how often it did, and what the
// store has grown by.
func (b *bench) taking(request string) (bytes int64, n int, err error) {
	b.stopNodes()
	before, err := b.bytes()
	if err != nil {
		return 0, 0, err
	}
	if err := b.startNodes(1); err != nil {
		return 0, 0, err
	}
	r, err := load.Run(0, 64, 2*b.each, load.Query(b.nodes[0].url, "/graphql", b.root, request, nil).Client)
	if err != nil {
		return 0, 0, err
	}
	b.stopNodes()
	after, err := b.bytes()
	return after - before, r.Count, err
}
