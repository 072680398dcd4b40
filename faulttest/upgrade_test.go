package faulttest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tokenscale/store/bolt/boltfile"
)

// TestAKilledUpgradeGoesOn starts the program on an older store, kills it at
// random moments before each commit of the upgrade and after the last, and
// starts it again: it has all tokens and no others, and the log and the tree
// over it are what they were.
func TestAKilledUpgradeGoesOn(t *testing.T) {
	p, k := newPlace(t, filepath.Join(memory(t), "data")), newKnown()
	o := newOlderStore(t, p, k, rounds(14, 60))
	start, upgrade := o.unkilled(t)
	// The tables, the start, and a commit for each 64 nodes.
	commits := 2 + int(o.entries>>8+63)/64
	// inside counts by the number of nodes that there were.
	before, inside, after, kills := 0, map[int]int{}, 0, rounds(30, 300)
	for n := range kills {
		s := o.again(t)
		pause := start
		if stage := n % (commits + 1); stage > 0 {
			o.committed(t, uint64(stage))
			pause = upgrade / time.Duration(commits)
		}
		time.Sleep(time.Duration(rand.Int64N(int64(pause))))
		s.kill()
		switch tree := treeOf(t, p); {
		case tree == nil:
			before++
		case maps.Equal(tree, o.tree):
			after++
		default:
			inside[len(tree)]++
		}
		s = p.start(t)
		s.kill()
		o.upgraded(t, k, fmt.Sprintf("after kill %d", n))
	}
	t.Logf("%d entries: the upgrade takes %.2f s and begins %.2f s after the start; of %d kills %d fell before it, %d inside, %d after it; inside, by how many of %d nodes the tree had: %v",
		o.entries, upgrade.Seconds(), start.Seconds(), kills, before, kills-before-after, after, len(o.tree), inside)
	if before+after == kills {
		t.Error("no kill fell inside")
	}
}

// again puts the older store back and starts the program on it.
func (o *olderStore) again(t *testing.T) *server {
	t.Helper()
	must(t, os.RemoveAll(o.p.data))
	o.copyFiles(t, o.files, o.p.data)
	return o.p.launch(t)
}

// committed waits until the older store has had so many commits more: the first
// makes the missing tables.
func (o *olderStore) committed(t *testing.T, n uint64) {
	t.Helper()
	last := func(folder string) uint64 {
		metas, err := boltfile.Metas(boltfile.Path(folder))
		must(t, err)
		return max(metas[0].Commit, metas[1].Commit)
	}
	older, until := last(o.files), time.Now().Add(30*time.Second)
	for ; last(o.p.data) < older+n; time.Sleep(100 * time.Microsecond) {
		if time.Now().After(until) {
			t.Fatalf("the older store has not had %d commits", n)
		}
	}
}

// unkilled returns when an upgrade begins, and how long it takes until the
// server listens: the shortest of three.
func (o *olderStore) unkilled(t *testing.T) (start, upgrade time.Duration) {
	t.Helper()
	start, upgrade = time.Hour, time.Hour
	for range 3 {
		began := time.Now()
		s := o.again(t)
		o.committed(t, 1)
		begun := time.Now()
		if !s.listens(30 * time.Second) {
			t.Fatalf("the older store is not upgraded: %v\n%s", s.err, s.out)
		}
		start, upgrade = min(start, begun.Sub(began)), min(upgrade, time.Since(begun))
		s.kill()
	}
	return start, upgrade
}

// upgraded fails the test unless the store is whole, and as new.
func (o *olderStore) upgraded(t *testing.T, k *known, when string) {
	t.Helper()
	if out, code := o.p.run(t, "audit", "verify", "--checkpoint", o.checkpoint); code != 0 {
		t.Fatalf("%s audit verify ends with %d: %s", when, code, out)
	}
	if tree := treeOf(t, o.p); !maps.Equal(tree, o.tree) {
		t.Fatalf("%s the tree has %d nodes, want %d and the same", when, len(tree), len(o.tree))
	}
	k.report(t, when, k.judge(o.p))
}
