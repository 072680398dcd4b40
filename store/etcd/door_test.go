package etcd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/store"
	"tokenscale/store/etcd/leasefile"
)

// brisk has a node close its door after a second without a proof.
func brisk(o *Options) { o.MaxStaleness = time.Second }

// accepts reports whether a node would accept a token: it has its row, and may answer.
func accepts(t testing.TB, db *DB, key []byte) (yes bool) {
	t.Helper()
	must(t, db.View(context.Background(), func(r store.Reader) error {
		v, err := r.Get("left", key)
		yes = v != nil
		return err
	}))
	return yes && db.Proven() == nil
}

func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for range 3000 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("it never came about that %s", what)
}

// lateAccepts makes tokens on the first node and revokes them there, and returns how many of them
// another node accepted after the revocation was answered.
func lateAccepts(t *testing.T, rounds int, how ...func(*Options)) (late int) {
	endpoints := members(t, 3)
	nodes := []*DB{node(t, endpoints, "a", how...), node(t, endpoints, "b", how...), node(t, endpoints, "c", how...)}
	for _, db := range nodes {
		eventually(t, "all nodes are open and know each other", func() bool { return db.Proven() == nil && len(db.Nodes()) == 3 })
	}
	for n := range rounds {
		key := fmt.Append(nil, "token", n)
		must(t, nodes[0].Update(t.Context(), func(w store.Writer) error { return w.Put("left", key, nil) }))
		for _, db := range nodes {
			eventually(t, "every node accepts the token", func() bool { return accepts(t, db, key) })
		}
		var answered atomic.Bool
		var accepted atomic.Int64
		var work sync.WaitGroup
		for _, db := range nodes {
			work.Go(func() {
				for over := false; !over; {
					over = answered.Load()
					if accepts(t, db, key) && over {
						accepted.Add(1)
					}
				}
			})
		}
		must(t, nodes[0].Update(t.Context(), func(w store.Writer) error { return w.Delete("left", key) }, store.Everywhere))
		answered.Store(true)
		work.Wait()
		if accepted.Load() > 0 {
			late++
		}
	}
	return late
}

func TestARevocationIsAnsweredWhenNoNodeAcceptsTheTokenAnyMore(t *testing.T) {
	if late := lateAccepts(t, 60); late > 0 {
		t.Errorf("%d of 60 tokens were accepted after their revocation was answered", late)
	}
}

func TestControl_AnsweredAtTheCommitARevocationIsTooEarly(t *testing.T) {
	if late := lateAccepts(t, 60, func(o *Options) { o.controls.noWait = true }); late == 0 {
		t.Error("none of 60 tokens was accepted after its revocation was answered: the test sees nothing")
	}
}

// stalled has a node stand still in the middle of taking over what others have committed, until
// the returned function is called.
func stalled(t testing.TB, db *DB) (goOn func()) {
	t.Helper()
	over := make(chan struct{})
	db.Follow(func([]store.Change) { <-over })
	goOn = sync.OnceFunc(func() { close(over) })
	t.Cleanup(goOn)
	return goOn
}

func TestANodeThatIsSilentIsWaitedOutAndClosesByItself(t *testing.T) {
	endpoints := members(t, 1)
	a, b := node(t, endpoints, "a", brisk), node(t, endpoints, "b", brisk)
	key := []byte("token")
	must(t, a.Update(t.Context(), func(w store.Writer) error { return w.Put("left", key, nil) }))
	eventually(t, "both are open and know each other", func() bool { return accepts(t, b, key) && a.Proven() == nil && len(a.Nodes()) == 2 })
	goOn := stalled(t, b)
	must(t, a.Update(t.Context(), func(w store.Writer) error { return w.Delete("left", key) }, store.Everywhere))
	if b.Proven() == nil {
		t.Error("a node that knows nothing of a revocation is open after its answer")
	}
	goOn()
	eventually(t, "it opens again", func() bool { return b.Proven() == nil })
	if accepts(t, b, key) {
		t.Error("it opens again and does not know of the revocation")
	}
}

// Nodes may be set to different times, as while the setting is changed at one after the other.
func TestANodeThatStaysOpenLongerIsWaitedForLonger(t *testing.T) {
	endpoints := members(t, 1)
	a, b := node(t, endpoints, "a", brisk), node(t, endpoints, "b", func(o *Options) { o.MaxStaleness = 4 * time.Second })
	key := []byte("token")
	must(t, a.Update(t.Context(), func(w store.Writer) error { return w.Put("left", key, nil) }))
	eventually(t, "both are open and know each other", func() bool { return accepts(t, b, key) && a.Proven() == nil && len(a.Nodes()) == 2 })
	stalled(t, b)
	must(t, a.Update(t.Context(), func(w store.Writer) error { return w.Delete("left", key) }, store.Everywhere))
	if b.Proven() == nil {
		t.Error("a node that knows nothing of a revocation is open after its answer")
	}
}

// A proof is as old as its question. While a machine stands still nobody counts, so a node must not
// take an answer that it got before for a new one.
func TestAProofCountsFromItsQuestion(t *testing.T) {
	for _, control := range []bool{false, true} {
		t.Run(fmt.Sprint("from the answer: ", control), func(t *testing.T) {
			endpoints := members(t, 1)
			var ahead atomic.Int64
			a := node(t, endpoints, "a")
			b := node(t, endpoints, "b", func(o *Options) {
				o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
				o.controls.proofAtReceipt = control
			})
			eventually(t, "it is open", func() bool { return b.Proven() == nil })
			goOn := stalled(t, b)
			must(t, a.Update(t.Context(), add))
			asked := make(chan error, 1)
			go func() { asked <- b.prove(t.Context()) }()
			time.Sleep(300 * time.Millisecond) // it has asked, and waits for what it was told
			ahead.Store(int64(time.Hour))
			goOn()
			must(t, <-asked)
			if open := b.Proven() == nil; open != control {
				t.Errorf("an hour after the question it is open: %v", open)
			}
		})
	}
}

// The lease of every node is over when a lost majority comes back. They must find in again, and
// again.
func TestNodesJoinAgainAfterTheMajorityWasLost(t *testing.T) {
	c := startCluster(t, 3)
	nodes := []*DB{node(t, c.endpoints, "a", brisk), node(t, c.endpoints, "b", brisk)}
	key := []byte("token")
	must(t, nodes[0].Update(t.Context(), func(w store.Writer) error { return w.Put("left", key, nil) }))
	for _, db := range nodes {
		eventually(t, "a node accepts the token", func() bool { return accepts(t, db, key) })
	}
	c.stop(0, 1)
	for _, db := range nodes {
		eventually(t, "a node closes", func() bool { return db.Proven() != nil })
	}
	c.start(t, 0, 1)
	for _, db := range nodes { // a new leader gives all leases their whole time again
		if _, err := db.client.Revoke(t.Context(), clientv3.LeaseID(db.member.lease.Load())); err != nil && !errors.Is(err, rpctypes.ErrLeaseNotFound) {
			t.Error(err)
		}
	}
	for _, db := range nodes {
		eventually(t, "a node is open again and knows the other", func() bool { return db.Proven() == nil && len(db.Nodes()) == 2 })
	}
}

func shortly(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

// A node whose row somebody took away closes at once: nobody waits for it any more.
func TestANodeWhoseRowIsTakenAwayClosesAndJoinsAnew(t *testing.T) {
	endpoints := members(t, 1)
	a := node(t, endpoints, "a", func(o *Options) { o.MaxStaleness = time.Minute })
	eventually(t, "it is open", func() bool { return a.Proven() == nil })
	_, err := a.client.Delete(t.Context(), a.keys.node("a"))
	must(t, err)
	eventually(t, "it closes", func() bool { return a.Proven() != nil })
	eventually(t, "it is open again", func() bool { return a.Proven() == nil })
}

func TestTwoNodesCannotHaveOneName(t *testing.T) {
	endpoints := members(t, 1)
	a := node(t, endpoints, "a", brisk)
	o := a.options
	o.Folder = filepath.Join(t.TempDir(), "other")
	db, err := Open(t.Context(), o)
	if !errors.Is(err, ErrNameTaken) {
		t.Fatalf("got %v", err)
	}
	if db != nil {
		t.Error("and a store")
	}
	eventually(t, "the first one goes on", func() bool { return a.Proven() == nil })
}

// The lease of the first one is in the copy, and still kept by it.
func TestANodeOnACopyOfAFolderDoesNotTakeTheNameOfTheFirst(t *testing.T) {
	endpoints := members(t, 1)
	a := node(t, endpoints, "a", brisk)
	o, lease := a.options, a.member.lease.Load()
	o.Folder = t.TempDir()
	must(t, leasefile.In(o.Folder).Write(clientv3.LeaseID(lease)))
	db, err := Open(t.Context(), o)
	if !errors.Is(err, ErrNameTaken) {
		t.Errorf("got %v", err)
	}
	if db != nil {
		must(t, db.Close())
	}
	if a.member.lease.Load() != lease || a.Proven() != nil {
		t.Errorf("the first one has lost its lease, or answers for no token: %v", a.Proven())
	}
}

// What is only done alone asks for the others as soon as the store is open.
func TestANodeThatHasJoinedKnowsTheOthers(t *testing.T) {
	endpoints := members(t, 1)
	node(t, endpoints, "a")
	for n := range 20 {
		b := node(t, endpoints, fmt.Sprint("b", n))
		if all := b.Nodes(); len(all) != n+2 {
			t.Fatalf("it knows %v, want %d nodes", all, n+2)
		}
	}
}

// A node that was killed has its name still taken by its own row. Its folder tells that it was it.
func TestANodeThatWasKilledNeedNotWaitForItsName(t *testing.T) {
	endpoints := members(t, 1)
	client, err := connect(Options{Endpoints: endpoints})
	must(t, err)
	defer client.Close()
	lease, err := client.Grant(t.Context(), 600)
	must(t, err)
	folder := t.TempDir()
	must(t, leasefile.In(folder).Write(lease.ID))
	_, err = client.Put(t.Context(), keys{"/" + t.Name() + "/"}.node("a"), "{}", clientv3.WithLease(lease.ID))
	must(t, err)
	a := node(t, endpoints, "a", func(o *Options) { o.Folder = folder })
	eventually(t, "it is open", func() bool { return a.Proven() == nil })
}

func TestOneNodeKeepsHouseAndAnotherTakesOver(t *testing.T) {
	endpoints := members(t, 1)
	nodes := map[string]*DB{"a": node(t, endpoints, "a", brisk), "b": node(t, endpoints, "b", brisk)}
	keeper := func() (names []string) {
		for name, db := range nodes {
			if db.KeepsHouse() {
				names = append(names, name)
			}
		}
		return names
	}
	eventually(t, "one keeps house", func() bool { return len(keeper()) == 1 })
	first := keeper()[0]
	must(t, nodes[first].Close())
	delete(nodes, first)
	eventually(t, "the other takes over", func() bool { return len(keeper()) == 1 })
}

// Somebody else wrote who keeps house, and no lease ends that.
func TestOneNodeKeepsHouseAlsoWhereOthersNameOneThatIsNotThere(t *testing.T) {
	endpoints := members(t, 1)
	a := node(t, endpoints, "a", brisk)
	eventually(t, "it keeps house", a.KeepsHouse)
	for _, name := range []string{"nobody", "a/b", "\x00"} {
		_, err := a.client.Put(t.Context(), a.keys.house(), name)
		must(t, err)
		eventually(t, "its name stands there again", func() bool {
			r, err := a.client.Get(t.Context(), a.keys.house())
			must(t, err)
			return string(r.Kvs[0].Value) == "a" && r.Kvs[0].Lease != 0
		})
		eventually(t, "it keeps house again", a.KeepsHouse)
	}
}

// What a node has answered, another one finds if it asks before it looks.
func TestWhatAnotherNodeHasAnsweredIsFound(t *testing.T) {
	endpoints := members(t, 3)
	a, b := node(t, endpoints, "a"), node(t, endpoints, "b")
	missed := map[bool]int{}
	for n := range 200 {
		key, refresh := fmt.Append(nil, "k", n), n%2 == 0
		must(t, a.Update(t.Context(), func(w store.Writer) error { return w.Put("left", key, nil) }))
		if refresh {
			must(t, b.Refresh(t.Context()))
		}
		must(t, b.View(t.Context(), func(r store.Reader) error {
			v, err := r.Get("left", key)
			if v == nil {
				missed[refresh]++
			}
			return err
		}))
	}
	if missed[true] > 0 || missed[false] == 0 {
		t.Errorf("of 100 each, %d were missed with a refresh and %d without", missed[true], missed[false])
	}
}

// Whoever wants to know the newest state at the same time waits for one question.
func TestThoseWhoAskAtTheSameTimeShareOneQuestion(t *testing.T) {
	a := node(t, members(t, 1), "a")
	var work sync.WaitGroup
	for range 200 {
		work.Go(func() {
			if err := a.Refresh(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	if err := a.Refresh(shortly(t)); err != nil {
		t.Error(err)
	}
	must(t, a.Close())
	if err := a.Refresh(t.Context()); !errors.Is(err, store.ErrClosed) {
		t.Errorf("on a closed store: %v", err)
	}
}

func TestTheRosterTellsWhatNodesSayOfThemselves(t *testing.T) {
	endpoints := members(t, 1)
	a, b := node(t, endpoints, "a"), node(t, endpoints, "b")
	b.Describe(func() store.Node { return store.Node{Keys: []string{"k1"}, Version: "1.2.3", Address: "127.0.0.1:1"} })
	eventually(t, "b is described to a", func() bool {
		all := a.Nodes()
		return len(all) == 2 && all[0].Name == "a" && all[1].Name == "b" && fmt.Sprintf("%v %s %s", all[1].Keys, all[1].Version, all[1].Address) == "[k1] 1.2.3 127.0.0.1:1" &&
			all[1].Applied > 0 && all[1].Ahead.Abs() < time.Minute && !all[1].Clock.IsZero()
	})
	must(t, b.Close())
	eventually(t, "a node that left is gone", func() bool { return len(a.Nodes()) == 1 })
}
