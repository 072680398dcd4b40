package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	_ "tokenscale/cli" // so that no result is taken from the cache when the program has changed
)

// program is the program under test, built once.
var program string

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == memberRole {
		exit(serveMember(os.Args[2]))
	}
	os.Exit(withProgram(m))
}

func withProgram(m *testing.M) int {
	folder, err := os.MkdirTemp("", "cluster-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	program = filepath.Join(folder, "tokenscale")
	if out, err := exec.Command("go", "build", "-o", program, "tokenscale").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the server: %v\n%s", err, out)
		return 1
	}
	code := m.Run()
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

// running starts a cluster that ends with the test.
func running(t *testing.T, members, nodes int) *cluster {
	t.Helper()
	c, err := start(t.Context(), options{program: program, folder: filepath.Join(t.TempDir(), "cluster"), members: members, nodes: nodes})
	t.Cleanup(func() {
		if err := c.stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			c.logs(t)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// logs shows what the nodes have written.
func (c *cluster) logs(t *testing.T) {
	for _, n := range c.nodes {
		text, err := os.ReadFile(c.path(n.name + ".log"))
		t.Logf("%s (%v):\n%s", n.name, err, text)
	}
}

// ask sends a GraphQL request to a node, with a variable or none, and returns its data, or the
// message of its first error.
func (c *cluster) ask(t *testing.T, node int, query string, variable ...string) (data string, refused string) {
	t.Helper()
	request := map[string]any{"query": query}
	if len(variable) == 2 {
		request["variables"] = map[string]string{variable[0]: variable[1]}
	}
	body, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Data   json.RawMessage
		Errors []struct{ Message string }
	}
	_, text := c.send(t, node, "POST", "/graphql", c.root, body)
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("%s answers %q: %v", c.nodes[node].name, text, err)
	}
	if len(answer.Errors) > 0 {
		return "", answer.Errors[0].Message
	}
	return string(answer.Data), ""
}

func (c *cluster) send(t *testing.T, node int, method, path, token string, body []byte) (status int, text []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+c.nodes[node].address+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if text, err = io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, text
}

// authorized reports whether a node accepts a token.
func (c *cluster) authorized(t *testing.T, node int, token string) bool {
	t.Helper()
	status, _ := c.send(t, node, "GET", "/api/v1/authorize", token, nil)
	return status == http.StatusOK
}

// until waits for what other nodes have to hear of.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for !ok() {
		if ctx.Err() != nil {
			t.Fatal("never happened: " + what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func between(text, before, after string) string {
	_, text, _ = strings.Cut(text, before)
	text, _, _ = strings.Cut(text, after)
	return text
}

// The story of docs/cluster.md, with the real program: three members, three nodes, TLS between
// them.
func TestACluster(t *testing.T) {
	c := running(t, 3, 3)
	data, refused := c.ask(t, 0, `mutation { createSystemToken(input: {name: "first", permissions: [ListSubdomains]}) { token } }`)
	if refused != "" {
		t.Fatal(refused)
	}
	secret := between(data, `"token":"`, `"`)
	id, _, _ := strings.Cut(secret, "~")
	for i := range c.nodes {
		until(t, "every node accepts the token", func() bool { return c.authorized(t, i, secret) })
	}
	list := func(node int) string {
		data, refused := c.ask(t, node, `{ tokens(sortBy: Name) { totalResults results { name } } }`)
		if refused != "" {
			t.Fatal(refused)
		}
		return data
	}
	if data := list(1); !strings.Contains(data, `"first"`) {
		t.Errorf("node-2 lists %s", data)
	}
	if _, refused := c.ask(t, 2, fmt.Sprintf(`mutation { deleteToken(input: {id: %q}) }`, id)); refused != "" {
		t.Fatal(refused)
	}
	for i, n := range c.nodes {
		if c.authorized(t, i, secret) {
			t.Errorf("%s accepts a token after the answer that it was deleted", n.name)
		}
	}

	// A node is replaced by a newer program while the others go on.
	c.nodes[1].ask()
	if err := c.nodes[1].wait(); err != nil {
		t.Fatal(err)
	}
	if _, refused := c.ask(t, 0, `mutation { createSystemToken(input: {name: "second", permissions: [ListSubdomains]}) { token } }`); refused != "" {
		t.Fatal(refused)
	}
	if err := c.startNode(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if data := list(1); !strings.Contains(data, `"second"`) || strings.Contains(data, `"first"`) {
		t.Errorf("node-2 lists, started again, %s", data)
	}

	// A member dies, and nobody notices.
	c.members[0].kill()
	if _, refused := c.ask(t, 2, `mutation { createSystemToken(input: {name: "third", permissions: [ListSubdomains]}) { token } }`); refused != "" {
		t.Error(refused)
	}

	t.Run("a node without the key file does not start", func(t *testing.T) { c.refusesWithoutKeys(t) })
	t.Run("a backup is a store in a file", func(t *testing.T) { c.backsUp(t) })
}

// command runs a command with the settings of the first node.
func (c *cluster) command(t *testing.T, args ...string) (out string, err error) {
	t.Helper()
	line := append(append([]string{args[0]}, c.settings("node-1")...), args[1:]...)
	text, err := exec.CommandContext(t.Context(), program, line...).CombinedOutput()
	return string(text), err
}

func (c *cluster) refusesWithoutKeys(t *testing.T) {
	out, err := c.command(t, "serve", "--listen", "127.0.0.1:0", "--key-file", filepath.Join(t.TempDir(), "keys"))
	if err == nil || !strings.Contains(out, "tokenscale key new") {
		t.Errorf("%v, and it says: %s", err, out)
	}
}

func (c *cluster) backsUp(t *testing.T) {
	file := filepath.Join(t.TempDir(), "copy.db")
	out, err := c.command(t, "backup", file)
	if err != nil || !strings.Contains(out, ": 2 tokens and ") {
		t.Fatalf("%v, and it says: %s", err, out)
	}
	if out, err := exec.CommandContext(t.Context(), program, "doctor", "--key-file", c.path("keys"), file).CombinedOutput(); err != nil {
		t.Errorf("%v, and the doctor says: %s", err, out)
	}
	line := append(append([]string{"key", "rotate"}, c.settings("node-1")...), "--node-name", "node-9", "--data", filepath.Join(t.TempDir(), "data"))
	if out, err := run1(t, line...); err == nil || !strings.Contains(out, "stop them first: node-1, node-2, node-3") {
		t.Errorf("key rotate: %v, and it says: %s", err, out)
	}
	if out, err := c.command(t, "compact"); err == nil || !strings.Contains(out, "etcdctl defrag") {
		t.Errorf("compact: %v, and it says: %s", err, out)
	}
}
