package clusters

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	_ "tokenscale/cli" // so that no result is taken from the cache when the program has changed
	"tokenscale/faulttest/hosts"
	"tokenscale/store/etcd/etcdtest"
)

// program is the program under test, built once.
var program string

func TestMain(m *testing.M) {
	etcdtest.ServeIfAsked()
	os.Exit(withProgram(m))
}

func withProgram(m *testing.M) int {
	folder, err := os.MkdirTemp("", "clusters-*")
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
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

// A process runs on a host until the test ends.
type process struct {
	*exec.Cmd
	out bytes.Buffer
}

// launch starts a process on a host.
func launch(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{Cmd: cmd}
	cmd.Stdout, cmd.Stderr = &p.out, &p.out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGCONT) // it may have ended
		_ = cmd.Process.Signal(syscall.SIGTERM)
		late := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait() // how it ends is not asked here
		late.Stop()
		if t.Failed() {
			text := p.out.Bytes()
			t.Logf("%s wrote:\n%s", strings.Join(cmd.Args[2:], " "), text[max(0, len(text)-2000):])
		}
	})
	return p
}

// A cluster is members and nodes, each on a host of its own, and a host that asks the nodes.
type cluster struct {
	*hosts.Wires
	t       *testing.T
	members map[string]*process
	nodes   map[string]*process
	asker   *http.Client
	root    string // the root token
}

// The names of the hosts.
var (
	memberNames = []string{"m1", "m2", "m3"}
	nodeNames   = []string{"a", "b", "c"}
)

// newCluster starts three members and three nodes, which close after a second without a proof.
func newCluster(t *testing.T) *cluster {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: hosts of their own need root")
	}
	c := &cluster{Wires: hosts.NewWires(t, append(append([]string{"asker"}, memberNames...), nodeNames...)...), t: t}
	c.members, c.nodes = map[string]*process{}, map[string]*process{}
	asker := &http.Transport{DialContext: c.Hosts["asker"].Dial, MaxIdleConnsPerHost: 64}
	c.asker = &http.Client{Transport: asker, Timeout: 20 * time.Second}
	t.Cleanup(asker.CloseIdleConnections)
	var initial, endpoints []string
	for _, name := range memberNames {
		address := c.Hosts[name].V4
		initial, endpoints = append(initial, etcdtest.Peer(name, address)), append(endpoints, etcdtest.URL(address, etcdtest.ClientPort))
	}
	for _, name := range memberNames {
		m := etcdtest.Process{Name: name, Folder: t.TempDir(), Address: c.Hosts[name].V4, Cluster: strings.Join(initial, ",")}
		cmd := c.Hosts[name].Command(os.Args[0])
		cmd.Env = append(os.Environ(), m.Environ())
		c.members[name] = launch(t, cmd)
	}
	c.startNodes(strings.Join(endpoints, ","))
	return c
}

// startNodes starts the nodes, all with one key file and one root token.
func (c *cluster) startNodes(endpoints string) {
	c.t.Helper()
	keys := filepath.Join(c.t.TempDir(), "keys")
	c.run("key", "new", "--key-file", keys)
	var made struct{ Secret, HashedToken string }
	if err := json.Unmarshal(c.run("hash-token", "--json"), &made); err != nil {
		c.t.Fatal(err)
	}
	c.root = made.Secret
	for _, name := range nodeNames {
		c.nodes[name] = launch(c.t, c.Hosts[name].Command(program, "serve",
			"--listen", c.Hosts[name].V4+":8080", "--insecure-http", "--bootstrap-root-token-hashed", made.HashedToken,
			"--store", "etcd", "--node-name", name, "--etcd-endpoints", endpoints, "--etcd-insecure", "--max-staleness", "1s",
			"--data", c.t.TempDir(), "--key-file", keys, "--state-file", filepath.Join(c.t.TempDir(), "state")))
	}
	for _, name := range nodeNames {
		c.until("a node answers for tokens", func() bool { return c.authorize(name, c.root) == http.StatusOK })
	}
}

func (c *cluster) run(args ...string) []byte {
	c.t.Helper()
	out, err := exec.Command(program, args...).Output()
	if err != nil {
		c.t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return out
}

func (c *cluster) until(what string, is func() bool) {
	c.t.Helper()
	for range 600 {
		if is() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	c.t.Fatalf("it never came about that %s", what)
}
