package main

import (
	"path/filepath"
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// What docs/cluster.md says of restore, with the real program: the prefix is emptied, a backup is
// put into it with the settings of one node, and the others go on with the folders they had once
// each was told to accept it.
func TestAWipedStoreIsRestoredAndTheNodesGoOnWithTheirFolders(t *testing.T) {
	c := running(t, 1, 2)
	kept := c.fill(t, 100)
	file := filepath.Join(t.TempDir(), "copy.db")
	if out, err := c.command(t, "backup", file); err != nil {
		t.Fatalf("%v, and it says: %s", err, out)
	}
	lost := c.fill(t, 1)
	for _, n := range c.nodes {
		halt(t, n.process)
	}
	if out, err := c.command(t, "restore", file); err == nil || !strings.Contains(out, "into an empty prefix of etcd only") {
		t.Errorf("restored over what is there: %v, and it says: %s", err, out)
	}
	if _, err := c.client(t).Delete(t.Context(), "/tokenscale/", clientv3.WithPrefix()); err != nil {
		t.Fatal(err)
	}
	if out, err := c.command(t, "restore", file); err != nil || !strings.Contains(out, "restored 100 tokens") {
		t.Fatalf("%v, and it says: %s", err, out)
	}
	if err := c.startNode(t.Context(), 0); err != nil {
		t.Fatalf("the node whose record the restore has brought up to date: %v", err)
	}
	line := append([]string{"serve", "--listen", "127.0.0.1:0"}, c.settings("node-2")...)
	if out, err := run1(t, line...); err == nil || !strings.Contains(out, "--accept-rollback") {
		t.Errorf("node-2 starts on a store that has gone back: %v, and it says: %s", err, out)
	}
	if err := c.startNode(t.Context(), 1, "--accept-rollback"); err != nil {
		t.Fatal(err)
	}
	for i, n := range c.nodes {
		until(t, "a node accepts what was restored", func() bool { return c.authorized(t, i, kept) })
		if c.authorized(t, i, lost) {
			t.Errorf("%s accepts a token that was made after the backup", n.name)
		}
		c.replace(t, i) // and nobody needs to accept anything twice
	}
	if out, err := c.command(t, "doctor"); err != nil {
		t.Errorf("%v, and the doctor says: %s", err, out)
	}
}
