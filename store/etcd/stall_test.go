//go:build linux

package etcd

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"tokenscale/faulttest/hosts"
	"tokenscale/store"
	"tokenscale/store/etcd/etcdtest"
)

// One member says nothing: the others are asked, and what a majority can decide is decided.
func TestAMemberThatSaysNothingKeepsNobodyFromChanging(t *testing.T) {
	t.Parallel()
	cluster := startApart(t)
	wires, endpoints := cluster.wires, cluster.endpoints
	a, b := node(t, endpoints, "a"), node(t, endpoints, "b")
	// What a watches and what it asks is the member that says nothing, until a change finds out.
	watched := a.watching.Client.Endpoints()[0]
	silent := fmt.Sprint("m", 1+slices.Index(endpoints, watched))
	wires.Let(func(p hosts.Packet) hosts.Fate { return hosts.Fate{Lost: p.Touches(silent, etcdtest.ClientPort)} })
	var slowest time.Duration
	for round := range 6 {
		for _, db := range []*DB{a, b} {
			began := time.Now()
			err := db.Update(context.Background(), add)
			slowest = max(slowest, time.Since(began))
			if err != nil {
				t.Errorf("change %d fails: %v", round, err)
			}
			if err := db.Refresh(context.Background()); err != nil {
				t.Errorf("question %d fails: %v", round, err)
			}
			if err := db.Update(context.Background(), func(store.Writer) error { return nil }); err != nil {
				t.Errorf("what changes nothing fails in round %d: %v", round, err)
			}
		}
	}
	if n := counted(t, a); n != 12 {
		t.Errorf("%d are counted", n)
	}
	wires.Let(nil)
	t.Logf("the slowest change took %v", slowest.Round(time.Millisecond))
}
