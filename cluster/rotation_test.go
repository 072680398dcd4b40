package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// key runs a key command where a node runs.
func (c *cluster) key(t *testing.T, what, node string, more ...string) (out string, err error) {
	t.Helper()
	line := slices.Concat([]string{"key", what}, c.settings(node), more)
	text, err := exec.CommandContext(t.Context(), program, line...).CombinedOutput()
	return string(text), err
}

// copyKeys copies a key file to where nodes, or nobody, has it.
func (c *cluster) copyKeys(t *testing.T, from string, to ...string) {
	t.Helper()
	text, err := os.ReadFile(from)
	for _, path := range to {
		if err == nil {
			err = os.WriteFile(path, text, 0o600)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// An administrator rotates the keys of three nodes that run, by the steps of docs/cluster.md, and
// clients that never ask twice notice nothing.
func TestKeysAreRotatedWhileAllNodesRunAndNoClientNotices(t *testing.T) {
	c := running(t, 3, 3)
	keys, one, two, three := c.path("keys"), c.path("node-1", "keys"), c.path("node-2", "keys"), c.path("node-3", "keys")
	before := filepath.Join(t.TempDir(), "keys")
	c.copyKeys(t, keys, before)
	stop := c.users(t, "rotating", 0)
	if out, err := exec.CommandContext(t.Context(), program, "key", "add", "--key-file", keys).CombinedOutput(); err != nil {
		t.Fatalf("key add: %v, %s", err, out)
	}
	c.copyKeys(t, keys, one, three)
	var out string
	var err error
	until(t, "node-2 alone lacks the key", func() bool {
		out, err = c.key(t, "rotate", "node-1")
		return err != nil && strings.Contains(out, "is not in the key file of node-2. Copy the key file there")
	})
	c.copyKeys(t, keys, two)
	until(t, "the keys are rotated", func() bool {
		out, err = c.key(t, "rotate", "node-1")
		return err == nil
	})
	if !strings.Contains(out, "The newest key is ") {
		t.Errorf("key rotate says %s", out)
	}
	c.copyKeys(t, one, keys, two, three) // with the marks
	noticed, kept := stop()
	for _, n := range noticed {
		t.Error(n)
	}
	if len(kept) == 0 {
		t.Error("no tokens were made meanwhile")
	}
	c.holds(t, kept)
	if out, err := c.key(t, "drop", "node-2"); err == nil || !strings.Contains(out, "the key is in use") {
		t.Errorf("key drop: %v, %s", err, out)
	}
	late := []string{"--key-file", before, "--node-name", "late", "--data", filepath.Join(t.TempDir(), "data"), "--listen", "127.0.0.1:0"}
	if out, err := c.command(t, slices.Concat([]string{"serve"}, late)...); err == nil || !strings.Contains(out, "a copy of the newest") {
		t.Errorf("a node with the key file of before: %v, %s", err, out)
	}
	c.replace(t, 1)
	c.holds(t, kept)
	if out, err := c.key(t, "status", "node-3"); err != nil || strings.Count(out, "rows 0, ") != 1 || strings.Contains(out, "does not have") {
		t.Errorf("key status: %v, %s", err, out)
	}
	t.Logf("%d tokens were made meanwhile", len(kept))
}
