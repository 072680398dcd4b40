//go:build linux

package etcd

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"tokenscale/faulttest/hosts"
	"tokenscale/store/etcd/etcdtest"
)

// apart is three members that are processes on hosts of their own.
type apart struct {
	wires     *hosts.Wires
	endpoints []string // where they are reached from here

	members [3]etcdtest.Process
	running [3]*exec.Cmd
}

func startApart(t *testing.T) *apart {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: hosts of their own need root")
	}
	a := &apart{wires: hosts.NewWires(t, "m1", "m2", "m3", "nodes")}
	var cluster []string
	for n := range a.members {
		a.members[n].Name, a.members[n].Folder = fmt.Sprint("m", n+1), t.TempDir()
		a.members[n].Address = a.wires.Hosts[a.members[n].Name].V4
		cluster = append(cluster, etcdtest.Peer(a.members[n].Name, a.members[n].Address))
	}
	for n := range a.members {
		a.members[n].Cluster = strings.Join(cluster, ",")
		a.start(t, n)
		t.Cleanup(func() { a.end(n, syscall.SIGTERM) })
		client := strings.TrimPrefix(etcdtest.URL(a.members[n].Address, etcdtest.ClientPort), "http://")
		line := newCable(t, func() (net.Conn, error) {
			return a.wires.Hosts["nodes"].Dial(context.Background(), "tcp", client)
		})
		a.endpoints = append(a.endpoints, line.endpoint())
	}
	eventually(t, "the members are there", func() bool {
		db, err := connect(Options{Endpoints: a.endpoints})
		if err != nil {
			return false
		}
		defer db.Close()
		_, err = db.Get(shortly(t), "x")
		return err == nil
	})
	return a
}

// start starts a member, on what it had before if it ran.
func (a *apart) start(t *testing.T, n int) {
	t.Helper()
	cmd := a.wires.Hosts[a.members[n].Name].Command(os.Args[0])
	cmd.Env = append(os.Environ(), a.members[n].Environ())
	must(t, cmd.Start())
	a.running[n] = cmd
}

// signal sends a member a signal; it may have ended.
func (a *apart) signal(n int, s syscall.Signal) { _ = a.running[n].Process.Signal(s) }

// end ends a member, also one that stands still, and waits until it is gone.
func (a *apart) end(n int, s syscall.Signal) {
	a.signal(n, s)
	a.signal(n, syscall.SIGCONT)
	_ = a.running[n].Wait() // how it ended is not asked here
}

// A harm is what happens to a member while nodes count.
type harm func(*testing.T, *apart, *count, int)

// cutOff has a member unreachable for its peers, but not for the nodes: what it was asked may then
// be decided long after its answer was waited for.
func cutOff(_ *testing.T, a *apart, _ *count, n int) {
	a.wires.Let(func(p hosts.Packet) hosts.Fate {
		return hosts.Fate{Lost: p.Touches(a.members[n].Name, etcdtest.PeerPort)}
	})
	time.Sleep(2 * time.Second)
	a.wires.Let(nil)
}

// standsStill stops a member where it is, and meanwhile kills another one, so that there is no
// majority until it is back. What waited in the member's connections is read when it goes on.
func standsStill(t *testing.T, a *apart, k *count, n int) {
	other := (n + 1) % len(a.members)
	a.signal(n, syscall.SIGSTOP)
	waitFor(t, &k.acknowledged, 20)
	a.end(other, syscall.SIGKILL)
	time.Sleep(2 * time.Second)
	a.start(t, other)
	waitFor(t, &k.acknowledged, 20)
	a.signal(n, syscall.SIGCONT)
}

// countApart has three nodes count while something happens to one member after the other. It
// returns what was acknowledged, what was in doubt, and the count.
func countApart(t *testing.T, happens harm, rounds int, how ...func(*Options)) (acknowledged, doubtful, total uint64) {
	a := startApart(t)
	how = append(how, func(o *Options) { o.Timeout, o.Patience = 500*time.Millisecond, 20*time.Second })
	nodes := []*DB{node(t, a.endpoints, "a", how...), node(t, a.endpoints, "b", how...), node(t, a.endpoints, "c", how...)}
	k := keepCounting(t, nodes)
	for round := range rounds {
		happens(t, a, k, round%len(a.members))
		waitFor(t, &k.acknowledged, 20)
	}
	k.end()
	eventually(t, "the cluster answers", func() bool { return nodes[0].Refresh(context.Background()) == nil })
	return k.acknowledged.Load(), k.doubtful.Load(), counted(t, nodes[0])
}

func TestWhatIsDecidedLateIsNeitherLostNorCountedTwice(t *testing.T) {
	t.Parallel()
	addsUp(t, cutOff, 4)
}

// A member that is killed comes back with what it had written, and one that stood still with what
// it was asked before.
func TestNothingIsLostWhileAMemberStandsStillAndOneIsKilled(t *testing.T) {
	t.Parallel()
	addsUp(t, standsStill, 3)
}

func addsUp(t *testing.T, happens harm, rounds int) {
	t.Helper()
	acknowledged, doubtful, total := countApart(t, happens, rounds)
	if total < acknowledged || total > acknowledged+doubtful {
		t.Errorf("%d are counted; %d were acknowledged and %d in doubt", total, acknowledged, doubtful)
	}
	t.Logf("%d acknowledged, %d in doubt, %d counted", acknowledged, doubtful, total)
}

// It is chance what is under way when something happens, so there is more than one try.
func TestControl_WithoutTheFenceSomethingIsCountedTwice(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]harm{"cut off": cutOff, "stands still": standsStill} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 3 {
				acknowledged, doubtful, total := countApart(t, happens, 4, func(o *Options) { o.controls.noFence = true })
				t.Logf("%d acknowledged, %d in doubt, %d counted", acknowledged, doubtful, total)
				if total > acknowledged+doubtful {
					return
				}
			}
			t.Error("nothing was counted twice: the test sees nothing")
		})
	}
}
