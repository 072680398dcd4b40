package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A cluster is members of etcd and nodes of tokenscale, each a process.
type cluster struct {
	options
	ca        *authority
	endpoints []string
	members   []*process
	nodes     []*node
	root      string // the root token, if it was made now
	hash      string // of the root token
}

// A node is a process of tokenscale.
type node struct {
	*process
	name    string
	address string // where it listens, once it has
}

// start starts all of it, in a folder that may hold a cluster of before. What is returned is to be
// stopped, with an error too.
func start(ctx context.Context, o options) (c *cluster, err error) {
	c = &cluster{options: o}
	if err := os.MkdirAll(o.folder, 0o700); err != nil {
		return c, err
	}
	if c.ca, err = openAuthority(o.folder); err != nil {
		return c, err
	}
	if err := c.startMembers(ctx); err != nil {
		return c, fmt.Errorf("starting etcd: %w", err)
	}
	if err := c.ca.issue(c.path("client"), "client"); err != nil {
		return c, err
	}
	keys := c.path("keys")
	if _, err := os.Stat(keys); errors.Is(err, os.ErrNotExist) {
		if out, err := exec.CommandContext(ctx, o.program, "key", "new", "--key-file", keys).CombinedOutput(); err != nil {
			return c, fmt.Errorf("making the key file: %w\n%s", err, out)
		}
	}
	if err := c.makeRoot(ctx); err != nil {
		return c, fmt.Errorf("making the root token: %w", err)
	}
	for i := range o.nodes {
		c.nodes = append(c.nodes, &node{name: fmt.Sprint("node-", i+1), address: "127.0.0.1:0"})
		if err := c.startNode(ctx, i); err != nil {
			return c, fmt.Errorf("starting node-%d: %w", i+1, err)
		}
	}
	return c, nil
}

// makeRoot makes a root token for all nodes, of which only the hash is kept.
func (c *cluster) makeRoot(ctx context.Context) error {
	kept, err := os.ReadFile(c.path("root.hash"))
	if c.hash = string(kept); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	out, err := exec.CommandContext(ctx, c.program, "hash-token", "--json").Output()
	if err != nil {
		return err
	}
	var made struct{ Secret, HashedToken string }
	if err := json.Unmarshal(out, &made); err != nil {
		return err
	}
	c.root, c.hash = made.Secret, made.HashedToken
	return os.WriteFile(c.path("root.hash"), []byte(c.hash), 0o600)
}

func (c *cluster) path(name ...string) string {
	return filepath.Join(append([]string{c.folder}, name...)...)
}

// startNode starts a node, for the first time or again, and returns when it listens.
func (c *cluster) startNode(ctx context.Context, i int, more ...string) (err error) {
	n := c.nodes[i]
	args := append([]string{"serve", "--listen", n.address, "--bootstrap-root-token-hashed", c.hash}, append(c.settings(n.name), more...)...)
	if err := c.ready(n.name); err != nil {
		return err
	}
	if n.process, err = launch(c.path(n.name+".log"), c.program, args...); err != nil {
		return err
	}
	found, err := n.await(ctx, `(?m)^ *API +http://(\S+)/graphql$`)
	if err != nil {
		return err
	}
	n.address = found
	return nil
}

// ready puts what a node needs into its folder: the key file, and its certificate for etcd.
func (c *cluster) ready(name string) error {
	if err := os.MkdirAll(c.path(name), 0o700); err != nil {
		return err
	}
	keys, err := os.ReadFile(c.path("keys"))
	if err == nil {
		err = os.WriteFile(c.path(name, "keys"), keys, 0o600)
	}
	if err != nil {
		return err
	}
	return c.ca.issue(c.path(name, "etcd"), "tokenscale")
}

// settings are those by which a command or a node uses the store.
func (c *cluster) settings(name string) []string {
	return append(c.access(name), "--store", "etcd", "--node-name", name, "--data", c.path(name), "--key-file", c.path(name, "keys"))
}

// access are the settings by which etcd is reached.
func (c *cluster) access(name string) []string {
	return []string{
		"--etcd-endpoints", strings.Join(c.endpoints, ","),
		"--etcd-ca", c.ca.path(), "--etcd-cert", c.path(name, "etcd.pem"), "--etcd-key", c.path(name, "etcd.key"),
	}
}

// tell says where everything is.
func (c *cluster) tell(out io.Writer) {
	fmt.Fprintln(out, "Members of etcd:")
	for i, m := range c.members {
		fmt.Fprintf(out, "  %-8s %s  process %d\n", memberName(i), c.endpoints[i], m.pid())
	}
	fmt.Fprintln(out, "Nodes of tokenscale:")
	for _, n := range c.nodes {
		fmt.Fprintf(out, "  %-8s http://%s  process %d\n", n.name, n.address, n.pid())
	}
	if c.root != "" {
		fmt.Fprintf(out, "Root token, for all of them: %s\n", c.root)
	}
	fmt.Fprintf(out, "What is in etcd: etcdctl --endpoints %s --cacert %s --cert %s --key %s get --keys-only --prefix /tokenscale/\n",
		strings.Join(c.endpoints, ","), c.ca.path(), c.path("client.pem"), c.path("client.key"))
	fmt.Fprintf(out, "Certificates, keys, data and logs: %s\nCtrl-C stops everything.\n", c.folder)
}

// stop stops the nodes and then the members, which the nodes need to the end.
func (c *cluster) stop() (err error) {
	var nodes []*process
	for _, n := range c.nodes {
		nodes = append(nodes, n.process)
	}
	for _, group := range [][]*process{nodes, c.members} {
		group = slices.DeleteFunc(group, func(p *process) bool { return p == nil })
		for _, p := range group {
			p.ask()
		}
		for _, p := range group {
			err = errors.Join(err, p.wait())
		}
	}
	return err
}
