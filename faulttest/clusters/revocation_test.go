package clusters

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tokenscale/faulttest/hosts"
	"tokenscale/store/etcd/etcdtest"
)

// A fault is something that goes wrong, from begin to end. Tokens are made and revoked at node a,
// which goes on working.
type fault struct {
	name   string
	begin  func(*cluster) (end func())
	rounds int
	open   []string // nodes that must accept a good token meanwhile
}

// onNode returns a fault of what node b and the members send each other.
func onNode(fate func(hosts.Packet) hosts.Fate) func(*cluster) func() {
	return func(c *cluster) func() {
		c.Let(func(p hosts.Packet) hosts.Fate {
			if p.Touches("b", etcdtest.ClientPort) {
				return fate(p)
			}
			return hosts.Fate{}
		})
		return func() { c.Let(nil) }
	}
}

var faults = []fault{
	{name: "nothing", begin: func(*cluster) func() { return func() {} }, rounds: 8, open: nodeNames},
	{name: "a node loses 30 % of what it sends and gets", rounds: 4, open: []string{"a", "c"},
		begin: onNode(func(hosts.Packet) hosts.Fate { return hosts.Fate{Lost: rand.N(10) < 3} })},
	{name: "a slow link", rounds: 4, open: nodeNames,
		begin: onNode(func(hosts.Packet) hosts.Fate { return hosts.Fate{Delay: 60 * time.Millisecond} })},
	{name: "a node is cut off", rounds: 2, open: []string{"a", "c"},
		begin: onNode(func(hosts.Packet) hosts.Fate { return hosts.Fate{Lost: true} })},
	{name: "a node is heard by nobody", rounds: 2, open: []string{"a", "c"},
		begin: onNode(func(p hosts.Packet) hosts.Fate { return hosts.Fate{Lost: p.From == "b"} })},
	{name: "a node hears nobody", rounds: 2, open: []string{"a", "c"},
		begin: onNode(func(p hosts.Packet) hosts.Fate { return hosts.Fate{Lost: p.To == "b"} })},
	{name: "a member is cut off from the others", rounds: 4,
		begin: func(c *cluster) func() {
			c.Let(func(p hosts.Packet) hosts.Fate { return hosts.Fate{Lost: p.Touches("m1", etcdtest.PeerPort)} })
			return func() { c.Let(nil) }
		}},
	{name: "a node stands still", rounds: 2, open: []string{"a", "c"}, begin: standStill("b")},
	{name: "a node has hardly any processor", rounds: 3, open: []string{"a", "c"}, begin: starve},
	{name: "a member with a slow disk", rounds: 4, begin: slowDisk},
	{name: "the nodes are flooded with changes", rounds: 4, open: []string{"a"}, begin: flood},
}

// standStill stops a process for five seconds, five times as long as a node may be behind.
func standStill(node string) func(*cluster) func() {
	return func(c *cluster) func() {
		signal := func(s syscall.Signal) { _ = c.nodes[node].Process.Signal(s) }
		var work sync.WaitGroup
		over := make(chan struct{})
		work.Go(func() {
			for {
				signal(syscall.SIGSTOP)
				select {
				case <-time.After(5 * time.Second):
				case <-over:
				}
				signal(syscall.SIGCONT)
				select {
				case <-time.After(2 * time.Second):
				case <-over:
					return
				}
			}
		})
		return func() { close(over); work.Wait() }
	}
}

// slowDisk has each sync of a member take a fifth of a second more.
func slowDisk(c *cluster) func() {
	if _, err := exec.LookPath("strace"); err != nil {
		c.t.Skip("SKIPPED: there is no strace")
	}
	trace := exec.Command("strace", "-qq", "-f", "-p", fmt.Sprint(c.members["m1"].Process.Pid), "-o", os.DevNull,
		"-e", "trace=fdatasync,fsync", "-e", "inject=fdatasync,fsync:delay_enter=200000")
	if err := trace.Start(); err != nil {
		c.t.Fatal(err)
	}
	return func() {
		_ = trace.Process.Signal(syscall.SIGINT) // it lets the member go
		_ = trace.Wait()
	}
}

// flood has another node make tokens as fast as it can.
func flood(c *cluster) func() {
	var work sync.WaitGroup
	over := make(chan struct{})
	for caller := range 16 {
		work.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-over:
					return
				default:
				}
				if _, _, err := c.create("c", fmt.Sprint("flood-", caller, "-", n)); err != nil {
					c.t.Error(err)
					return
				}
			}
		})
	}
	return func() { close(over); work.Wait() }
}

// Whatever goes wrong: no node accepts a token of which somebody was told that it is revoked, and
// none that cannot know says of a good one that it is bad.
func TestARevocationHoldsEverywhereOnceItIsAnswered(t *testing.T) {
	c := newCluster(t)
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			whole := c.t
			c.t = t // what is missing here skips one fault, and what fails fails it
			end := f.begin(c)
			defer func() {
				end()
				for _, node := range nodeNames {
					c.until("all nodes are open again", func() bool { return c.authorize(node, c.root) == http.StatusOK })
				}
				c.t = whole
			}()
			var took []time.Duration
			for round := range f.rounds {
				took = append(took, c.revokeOne(t, f, round))
			}
			slices.Sort(took)
			t.Logf("revocations were answered after %v", took)
		})
	}
}

// revokeOne makes a token, lets all nodes be asked about it, and revokes it.
func (c *cluster) revokeOne(t *testing.T, f fault, round int) time.Duration {
	t.Helper()
	id, secret, err := c.create("a", fmt.Sprint(strings.ReplaceAll(f.name, " ", "-"), round))
	if err != nil {
		t.Fatal(err)
	}
	made := time.Now()
	p := c.poll(secret)
	for _, node := range f.open {
		c.until("a node that is in order accepts the token", func() bool { return p.accepts()[node] > 0 })
	}
	time.Sleep(300 * time.Millisecond)
	began := time.Now()
	_, err = c.change("a", fmt.Sprintf(`deleteSystemToken(input: {id: %q})`, id))
	answered := time.Now()
	time.Sleep(700 * time.Millisecond)
	answers := p.end()
	if err != nil {
		t.Fatal(err)
	}
	meanwhile := 0
	for _, a := range answers {
		switch {
		case a.status == http.StatusOK && a.asked.After(answered):
			t.Errorf("node %s accepted the token when it was asked %v after the answer", a.node, a.asked.Sub(answered))
		case a.status == http.StatusOK && a.said.After(began):
			meanwhile++
		case a.status == http.StatusUnauthorized && a.asked.After(made) && a.said.Before(began):
			t.Errorf("node %s refused a good token %v after it was made", a.node, a.said.Sub(made))
		}
	}
	if len(answers) < 20 {
		t.Errorf("the nodes were asked only %d times", len(answers))
	}
	t.Logf("%d answers, %d times accepted while it was being revoked", len(answers), meanwhile)
	return answered.Sub(began).Round(time.Millisecond)
}

// starve lets a node have a twentieth of a processor.
func starve(c *cluster) func() {
	group := filepath.Join("/sys/fs/cgroup/cpu", fmt.Sprint("tokenscale-", os.Getpid()))
	if err := os.Mkdir(group, 0o755); err != nil {
		c.t.Skipf("SKIPPED: no control group of the first version can be made: %v", err)
	}
	write := func(path string, value int) {
		if err := os.WriteFile(path, fmt.Append(nil, value), 0o644); err != nil {
			c.t.Error(err)
		}
	}
	write(filepath.Join(group, "cpu.cfs_period_us"), 100_000)
	write(filepath.Join(group, "cpu.cfs_quota_us"), 5_000)
	write(filepath.Join(group, "cgroup.procs"), c.nodes["b"].Process.Pid)
	return func() {
		write("/sys/fs/cgroup/cpu/cgroup.procs", c.nodes["b"].Process.Pid)
		if err := os.Remove(group); err != nil {
			c.t.Error(err)
		}
	}
}
