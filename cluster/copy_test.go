package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// A single server with its store in a file.
func (c *cluster) single(t *testing.T, folder string) *node {
	t.Helper()
	n := &node{name: "single"}
	var err error
	n.process, err = launch(filepath.Join(folder, "..", filepath.Base(folder)+".log"), program,
		"serve", "--listen", "127.0.0.1:0", "--data", folder, "--bootstrap-root-token-hashed", c.hash)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.kill)
	if n.address, err = n.await(t.Context(), `(?m)^ *API +http://(\S+)/graphql$`); err != nil {
		t.Fatal(err)
	}
	return n
}

// halt stops a process in order.
func halt(t *testing.T, p *process) {
	t.Helper()
	p.ask()
	if err := p.wait(); err != nil {
		t.Fatal(err)
	}
}

// rowsInEtcd returns how many rows there are below a prefix.
func (c *cluster) rowsInEtcd(t *testing.T, client *clientv3.Client, prefix string) int64 {
	t.Helper()
	r, err := client.Get(t.Context(), prefix+"d/", clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err != nil {
		t.Fatal(err)
	}
	return r.Count
}

func (c *cluster) client(t *testing.T) *clientv3.Client {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(c.path("node-1", "etcd.pem"), c.path("node-1", "etcd.key"))
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(c.ca.path())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	client, err := clientv3.New(clientv3.Config{
		Endpoints: c.endpoints, TLS: &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}}, Logger: zap.NewNop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

// kills is how often the copy is killed, each time further on.
const kills = 20

// A store goes into etcd and back, and the copy is killed again and again on its way.
func TestAStoreIsCopiedIntoEtcdAndBack(t *testing.T) {
	c := running(t, 1, 0)
	if err := c.ready("node-1"); err != nil {
		t.Fatal(err)
	}
	file, back := filepath.Join(t.TempDir(), "file"), filepath.Join(t.TempDir(), "back")
	n := c.single(t, file)
	c.nodes = []*node{n}
	secret := c.fill(t, 250)
	halt(t, n.process)
	c.nodes = nil
	root := rootIn(t, mustRun(t, "audit", "verify", "--data", file))

	prefix := "/copied/"
	line := append([]string{"store", "copy", "--from", "bolt:" + file, "--to", "etcd:" + prefix, "--etcd-max-ops", "64"}, c.access("node-1")...)
	c.copyKilled(t, prefix, line)
	if out, err := run1(t, append([]string{"serve", "--listen", "127.0.0.1:0", "--etcd-prefix", prefix, "--key-file", filepath.Join(file, "keys")}, c.only("node-1")...)...); err == nil || !strings.Contains(out, "run store copy again") {
		t.Errorf("a server on half a copy: %v, %s", err, out)
	}
	if got := rootIn(t, mustRun(t, line...)); got != root {
		t.Errorf("after %d kills the root is %s, want %s", kills, got, root)
	}
	if out, err := run1(t, "serve", "--listen", "127.0.0.1:0", "--data", file); err == nil || !strings.Contains(out, "copied into another store") {
		t.Errorf("a server on the store that was copied: %v, %s", err, out)
	}
	c.serveCopy(t, prefix, filepath.Join(file, "keys"), secret)

	if err := os.MkdirAll(back, 0o700); err != nil {
		t.Fatal(err)
	}
	copyKeys(t, file, back)
	mustRun(t, append([]string{"store", "copy", "--from", "etcd:" + prefix, "--to", "bolt:" + back}, c.access("node-1")...)...)
	n = c.single(t, back)
	c.nodes = []*node{n}
	if !c.authorized(t, 0, secret) {
		t.Error("the token does not work after it went into etcd and back")
	}
	halt(t, n.process)
	c.nodes = nil
	mustRun(t, "audit", "verify", "--data", back)
	c.restores(t, back)
}

// fill makes tokens, and returns one.
func (c *cluster) fill(t *testing.T, many int) (secret string) {
	t.Helper()
	var work sync.WaitGroup
	for i := range many {
		work.Go(func() {
			data, refused := c.ask(t, 0, `mutation($name: String!) { createSystemToken(input: {name: $name, permissions: [ListSubdomains]}) { token } }`, "name", fmt.Sprint("n", i))
			if refused != "" {
				t.Error(refused)
			}
			if i == 0 {
				secret = between(data, `"token":"`, `"`)
			}
		})
	}
	work.Wait()
	return secret
}

// copyKilled runs a copy and kills it, each time a little further on.
func (c *cluster) copyKilled(t *testing.T, prefix string, line []string) {
	t.Helper()
	client := c.client(t)
	for i := range int64(kills) {
		p, err := launch(c.path("copy.log"), program, line...)
		if err != nil {
			t.Fatal(err)
		}
		until(t, fmt.Sprint("the copy comes to its point ", i), func() bool {
			select {
			case <-p.ended:
				t.Fatalf("the copy ended before it was killed for the time %d: %v\n%s", i, p.err, p.written())
			default:
			}
			return c.rowsInEtcd(t, client, prefix) >= 1+i*36
		})
		p.kill()
	}
}

// serveCopy starts a node on what was copied, and asks it for a token.
func (c *cluster) serveCopy(t *testing.T, prefix, keys, secret string) {
	t.Helper()
	p, err := launch(c.path("copied.log"), program, append([]string{"serve", "--listen", "127.0.0.1:0", "--etcd-prefix", prefix, "--key-file", keys}, c.only("node-1")...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	n := &node{name: "copied", process: p}
	if n.address, err = p.await(t.Context(), `(?m)^ *API +http://(\S+)/graphql$`); err != nil {
		t.Fatal(err)
	}
	c.nodes = []*node{n}
	until(t, "a node on the copy accepts the token", func() bool { return c.authorized(t, 0, secret) })
	c.nodes = nil
	halt(t, p)
}

// only are the settings of a node but for its key file.
func (c *cluster) only(name string) []string {
	return append(c.access(name), "--store", "etcd", "--node-name", name, "--data", c.path(name))
}

// restores puts a backup of a file into etcd: into an empty prefix, and no other.
func (c *cluster) restores(t *testing.T, folder string) {
	t.Helper()
	copyOf := filepath.Join(t.TempDir(), "copy.db")
	mustRun(t, "backup", "--data", folder, copyOf)
	line := append([]string{"restore", copyOf, "--etcd-prefix", "/restored/", "--key-file", filepath.Join(folder, "keys"), "--state-file", c.path("restored.state")}, c.only("node-1")...)
	if out := mustRun(t, line...); !strings.Contains(out, "etcd: restored 250 tokens") {
		t.Errorf("restore says: %s", out)
	}
	if out, err := run1(t, line...); err == nil || !strings.Contains(out, "into an empty prefix of etcd only") {
		t.Errorf("once more: %v, %s", err, out)
	}
	settings := line[2:]
	if out := mustRun(t, append([]string{"key", "rotate"}, settings...)...); !strings.Contains(out, "The newest key is") {
		t.Errorf("key rotate says: %s", out)
	}
	if out := mustRun(t, append([]string{"root-token"}, settings...)...); !strings.Contains(out, "\nlocalroot~") {
		t.Error("root-token shows none")
	}
	out := mustRun(t, append([]string{"doctor"}, settings...)...)
	for _, words := range []string{"etcd 3.6", "leads", "mirror     every row is what etcd has", "every seal is sound", "All is well."} {
		if !strings.Contains(out, words) {
			t.Errorf("the doctor does not say %q:\n%s", words, out)
		}
	}
}

func run1(t *testing.T, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	return string(out), err
}

func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	out, err := run1(t, args...)
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return out
}

func rootIn(t *testing.T, text string) string {
	t.Helper()
	m := regexp.MustCompile(`(?i)root (?:is )?([0-9A-Za-z+/]{20,}=?)`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no root in: %s", text)
	}
	return m[1]
}

func copyKeys(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(from, "keys"))
	if err == nil {
		err = os.WriteFile(filepath.Join(to, "keys"), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
