//go:build linux

package etcd

import (
	"context"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"tokenscale/faulttest/hosts"
	"tokenscale/store/etcd/etcdtest"
)

// apart starts three members on hosts of their own, and returns where they are reached from here.
func apart(t *testing.T) (wires *hosts.Wires, endpoints []string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: hosts of their own need root")
	}
	names := []string{"m1", "m2", "m3"}
	wires = hosts.NewWires(t, append(names, "nodes")...)
	var cluster []string
	for _, name := range names {
		cluster = append(cluster, etcdtest.Peer(name, wires.Hosts[name].V4))
	}
	for _, name := range names {
		m := etcdtest.Process{Name: name, Folder: t.TempDir(), Address: wires.Hosts[name].V4, Cluster: strings.Join(cluster, ",")}
		cmd := wires.Hosts[name].Command(os.Args[0])
		cmd.Env = append(os.Environ(), m.Environ())
		must(t, cmd.Start())
		t.Cleanup(func() {
			_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
			_ = cmd.Wait()                          // how is not asked here
		})
		client := strings.TrimPrefix(etcdtest.URL(m.Address, etcdtest.ClientPort), "http://")
		line := newCable(t, func() (net.Conn, error) { return wires.Hosts["nodes"].Dial(context.Background(), "tcp", client) })
		endpoints = append(endpoints, line.endpoint())
	}
	eventually(t, "the members are there", func() bool {
		db, err := connect(Options{Endpoints: endpoints})
		if err != nil {
			return false
		}
		defer db.Close()
		_, err = db.Get(shortly(t), "x")
		return err == nil
	})
	return wires, endpoints
}

// countApart has three nodes count while one member after the other is cut off from its peers, but
// not from the nodes: what it was asked may then be decided long after its answer was waited for.
// It returns what was acknowledged, what was in doubt, and the count.
func countApart(t *testing.T, rounds int, how ...func(*Options)) (acknowledged, doubtful, count uint64) {
	wires, endpoints := apart(t)
	how = append(how, func(o *Options) { o.Timeout, o.Patience = 500*time.Millisecond, 20*time.Second })
	nodes := []*DB{node(t, endpoints, "a", how...), node(t, endpoints, "b", how...), node(t, endpoints, "c", how...)}
	k := keepCounting(t, nodes)
	for round := range rounds {
		cut := []string{"m1", "m2", "m3"}[round%3]
		wires.Let(func(p hosts.Packet) hosts.Fate { return hosts.Fate{Lost: p.Touches(cut, etcdtest.PeerPort)} })
		time.Sleep(2 * time.Second)
		wires.Let(nil)
		waitFor(t, &k.acknowledged, 20)
	}
	k.end()
	eventually(t, "the cluster answers", func() bool { return nodes[0].Refresh(context.Background()) == nil })
	return k.acknowledged.Load(), k.doubtful.Load(), counted(t, nodes[0])
}

func TestWhatIsDecidedLateIsNeitherLostNorCountedTwice(t *testing.T) {
	t.Parallel()
	acknowledged, doubtful, count := countApart(t, 4)
	if count < acknowledged || count > acknowledged+doubtful {
		t.Errorf("%d are counted; %d were acknowledged and %d in doubt", count, acknowledged, doubtful)
	}
	t.Logf("%d acknowledged, %d in doubt, %d counted", acknowledged, doubtful, count)
}

// It is chance what is under way when a member is cut off, so there is more than one try.
func TestControl_WithoutTheFenceSomethingIsCountedTwice(t *testing.T) {
	t.Parallel()
	for range 3 {
		acknowledged, doubtful, count := countApart(t, 4, func(o *Options) { o.controls.noFence = true })
		t.Logf("%d acknowledged, %d in doubt, %d counted", acknowledged, doubtful, count)
		if count > acknowledged+doubtful {
			return
		}
	}
	t.Error("nothing was counted twice: the test sees nothing")
}
