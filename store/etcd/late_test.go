package etcd

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/store"
)

// A commit that comes too late says in etcd whose it was.
func TestACommitThatComesTooLateIsKnown(t *testing.T) {
	endpoints := members(t, 1)
	off := func(o *Options) { o.controls.noTurns = true }
	nodes := []*DB{node(t, endpoints, "a", off), node(t, endpoints, "b", off)}
	var stop atomic.Bool
	var writers sync.WaitGroup
	for i, db := range nodes {
		writers.Go(func() {
			for n := 0; !stop.Load(); n++ {
				must(t, db.Update(t.Context(), func(w store.Writer) error { return w.Put("left", fmt.Append(nil, i, n%8), fmt.Append(nil, n)) }))
			}
		})
	}
	client := intruder(t, endpoints)
	eventually(t, "one comes too late", func() bool {
		r, err := client.Get(t.Context(), nodes[0].keys.late(""), clientv3.WithPrefix())
		must(t, err)
		return len(r.Kvs) > 0
	})
	stop.Store(true)
	writers.Wait()
}

// Others hear of it and leave it its turn. The clock stands, so it stays in the ring.
func TestANodeLeavesATurnToOneThatCameTooLate(t *testing.T) {
	endpoints := members(t, 1)
	noon := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	db := node(t, endpoints, "a", func(o *Options) { o.Now = func() time.Time { return noon } })
	must(t, db.Update(t.Context(), func(w store.Writer) error { return w.Put("left", []byte("k"), []byte("v")) }))
	if got := db.turns.Wait(noon); got > 0 {
		t.Errorf("alone it waits %v", got)
	}
	_, err := intruder(t, endpoints).Put(t.Context(), db.keys.late("b"), "")
	must(t, err)
	eventually(t, "it waits for the other", func() bool { return db.turns.Wait(noon) > 0 })
	must(t, db.Update(t.Context(), func(w store.Writer) error { return w.Put("left", []byte("k"), []byte("w")) }))
}
