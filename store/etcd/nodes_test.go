package etcd

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/store"
	"tokenscale/store/storetest"
)

// node opens the store of a test as the node with a name.
func node(t testing.TB, endpoints []string, name string, how ...func(*Options)) *DB {
	t.Helper()
	o := Options{Endpoints: endpoints, Prefix: "/" + t.Name() + "/", Node: name, Folder: filepath.Join(t.TempDir(), name)}
	for _, f := range how {
		f(&o)
	}
	return mustOpen(t, o)
}

// add adds one to a number that all nodes count.
func add(w store.Writer) error {
	v, err := w.Get("left", []byte("count"))
	if err != nil {
		return err
	}
	n := uint64(1)
	if v != nil {
		n += binary.BigEndian.Uint64(v)
	}
	return w.Put("left", []byte("count"), binary.BigEndian.AppendUint64(nil, n))
}

// counted returns that number, as a node knows it after it has asked the cluster.
func counted(t testing.TB, db *DB) (n uint64) {
	t.Helper()
	if err := db.Update(context.Background(), func(w store.Writer) error {
		v, err := w.Get("left", []byte("count"))
		if n = 0; v != nil {
			n = binary.BigEndian.Uint64(v)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// race has callers on each node add one again and again, and returns how often they were told that
// it was done.
func race(t testing.TB, nodes []*DB, callers, each int) map[*DB]uint64 {
	t.Helper()
	var mu sync.Mutex
	var work sync.WaitGroup
	done := map[*DB]uint64{}
	for _, db := range nodes {
		for range callers {
			work.Go(func() {
				for range each {
					if err := db.Update(context.Background(), add); err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					done[db]++
					mu.Unlock()
				}
			})
		}
	}
	work.Wait()
	return done
}

func sum(done map[*DB]uint64) (n uint64) {
	for _, each := range done {
		n += each
	}
	return n
}

func TestNodesThatWriteAtTheSameTimeCountToTheRightSum(t *testing.T) {
	endpoints := members(t, 3)
	nodes := []*DB{node(t, endpoints, "a"), node(t, endpoints, "b"), node(t, endpoints, "c")}
	for _, db := range nodes {
		db.SumBy(storetest.Plain{})
	}
	done := race(t, nodes, 4, 50)
	for _, db := range nodes {
		must(t, db.View(t.Context(), storetest.Summed))
		if n := counted(t, db); n != sum(done) || n != 600 {
			t.Errorf("node %s counts %d, and %d of 600 were acknowledged", db.options.Node, n, sum(done))
		}
	}
}

// The comparison is what makes the count right: without it the sum must be wrong.
func TestControl_WithoutTheComparisonTheSumIsWrong(t *testing.T) {
	endpoints := members(t, 1)
	blind := func(o *Options) { o.controls = controls{noCompare: true, noTurns: true} }
	nodes := []*DB{node(t, endpoints, "a", blind), node(t, endpoints, "b", blind)}
	done := race(t, nodes, 4, 50)
	if n := counted(t, nodes[0]); n == sum(done) {
		t.Errorf("%d were acknowledged and counted: nothing raced", n)
	}
}

// What one node has committed reaches the followers of the others, in its order, each row once.
func TestFollowersHearOfWhatOtherNodesChange(t *testing.T) {
	endpoints := members(t, 1)
	a, b := node(t, endpoints, "a"), node(t, endpoints, "b")
	heard := make(chan []store.Change, 64)
	b.Follow(func(c []store.Change) { heard <- c })
	for n := range 20 {
		must(t, a.Update(t.Context(), func(w store.Writer) error {
			return errors.Join(w.Put("right", fmt.Append(nil, "z", n), nil), w.Put("left", []byte("n"), fmt.Append(nil, n)))
		}))
		select {
		case c := <-heard:
			if got := fmt.Sprintf("%s", c); got != fmt.Sprintf("[{left n %d} {right z%d }]", n, n) || c[1].Value == nil {
				t.Fatalf("change %d is told as %s", n, got)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("nothing is told")
		}
	}
	must(t, b.Update(t.Context(), func(w store.Writer) error { return w.Delete("right", []byte("z3")) }))
	if c := <-heard; len(c) != 1 || c[0].Value != nil || string(c[0].Key) != "z3" {
		t.Errorf("a deletion is told as %s", c)
	}
}

// A refusal is an answer too: it must be of the newest state, not of what this node has seen.
func TestARefusalIsOfTheNewestState(t *testing.T) {
	endpoints := members(t, 1)
	a, b := node(t, endpoints, "a"), node(t, endpoints, "b")
	missing := errors.New("missing")
	for n := range 50 {
		key := fmt.Append(nil, "k", n)
		must(t, a.Update(t.Context(), func(w store.Writer) error { return w.Put("left", key, nil) }))
		if err := b.Update(t.Context(), func(w store.Writer) error {
			v, err := w.Get("left", key)
			if v == nil && err == nil {
				return missing
			}
			return err
		}); err != nil {
			t.Fatalf("round %d: %v", n, err)
		}
	}
}

// Two clients of one etcd that was compacted: the node that was away compares all rows, and tells
// only what is different.
func TestAMirrorThatIsTooOldIsBroughtUpToDate(t *testing.T) {
	endpoints := members(t, 1)
	a := node(t, endpoints, "a")
	folder := filepath.Join(t.TempDir(), "b")
	there := func(o *Options) { o.Folder = folder }
	b := node(t, endpoints, "b", there)
	put := func(keys ...string) {
		must(t, a.Update(t.Context(), func(w store.Writer) (err error) {
			for _, k := range keys {
				err = errors.Join(err, w.Put("left", []byte(k), []byte("1")))
			}
			return err
		}))
	}
	put("kept", "gone")
	counted(t, b)
	must(t, b.Close())
	put("new")
	must(t, a.Update(t.Context(), func(w store.Writer) error { return w.Delete("left", []byte("gone")) }))
	client, err := connect(Options{Endpoints: endpoints})
	must(t, err)
	defer client.Close()
	r, err := client.Get(t.Context(), "x")
	must(t, err)
	_, err = client.Compact(t.Context(), r.Header.Revision)
	must(t, err)
	b = node(t, endpoints, "b", there)
	if got := keysOf(t, b); got != "[kept new]" {
		t.Errorf("the mirror has %s", got)
	}
}

// A commit whose answer was lost is found, whatever was committed after it.
func TestACommitWithoutAnAnswerIsFound(t *testing.T) {
	endpoints := members(t, 1)
	a, b := node(t, endpoints, "a"), node(t, endpoints, "b")
	must(t, a.Update(t.Context(), add))
	for name, after := range map[string]func(){
		"it is the newest": func() {},
		"others have come": func() { must(t, b.Update(t.Context(), add)) },
	} {
		t.Run(name, func(t *testing.T) {
			was := newestOf(t, a)
			lost := head{number: was.number + 1, node: "a", request: requestID{1, byte(was.number)}}
			if _, decided := a.ask(lost.request, was, a.options.Timeout); !decided {
				t.Error("a commit that was never sent is in doubt")
			}
			was = newestOf(t, a) // the fence
			r, err := a.client.Txn(t.Context()).If(a.unchanged(was)).Then(
				clientv3.OpPut(a.keys.head(), lost.pack()), clientv3.OpPut(a.keys.last("a"), string(lost.request[:]))).Commit()
			must(t, err)
			must(t, a.await(t.Context(), r.Header.Revision))
			after()
			if revision, decided := a.ask(lost.request, was, a.options.Timeout); !decided || revision != r.Header.Revision {
				t.Errorf("found at %d (%v), and it is at %d", revision, decided, r.Header.Revision)
			}
		})
	}
}

// A commit that is held back can never be made once the fence stands.
func TestAFenceKeepsALateCommitOut(t *testing.T) {
	a := node(t, members(t, 1), "a")
	must(t, a.Update(t.Context(), add))
	was := newestOf(t, a)
	late := head{number: was.number + 1, node: "a", request: requestID{9}}
	if revision, decided := a.ask(late.request, was, a.options.Timeout); !decided || revision != 0 {
		t.Fatalf("found at %d (%v)", revision, decided)
	}
	r, err := a.client.Txn(t.Context()).If(a.unchanged(was)).Then(clientv3.OpPut(a.keys.head(), late.pack())).Commit()
	must(t, err)
	if r.Succeeded {
		t.Error("it was made behind the fence")
	}
	if n := counted(t, a); n != 1 {
		t.Errorf("counts %d", n)
	}
}

func newestOf(t testing.TB, db *DB) head {
	t.Helper()
	h, _, err := db.newest(t.Context())
	must(t, err)
	return h
}

func keysOf(t testing.TB, db *DB) string {
	t.Helper()
	keys := []string{}
	must(t, db.View(t.Context(), func(r store.Reader) error {
		return r.Scan("left", store.Range{}, func(key, _ []byte) error {
			keys = append(keys, string(key))
			return nil
		})
	}))
	return fmt.Sprint(keys)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Members die and come back while three nodes count. What was acknowledged is there, and what was
// said to have changed nothing is not.
func TestNothingIsLostWhileMembersDie(t *testing.T) {
	c := startCluster(t, 3)
	quick := func(o *Options) { o.Timeout, o.Patience = time.Second, 2*time.Second }
	nodes := []*DB{node(t, c.endpoints, "a", quick), node(t, c.endpoints, "b", quick), node(t, c.endpoints, "c", quick)}
	k := keepCounting(t, nodes)
	for round := range 2 {
		c.stop(round)
		waitFor(t, &k.acknowledged, 50)
		c.start(t, round)
	}
	c.stop(0, 1) // no quorum is left
	time.Sleep(3 * time.Second)
	must(t, nodes[0].View(t.Context(), func(store.Reader) error { return nil }))
	c.start(t, 0, 1)
	waitFor(t, &k.acknowledged, 50)
	k.end()
	least, most := k.acknowledged.Load(), k.acknowledged.Load()+k.doubtful.Load()
	for _, db := range nodes {
		if n := counted(t, db); n < least || n > most {
			t.Errorf("node %s counts %d; %d were acknowledged and %d in doubt", db.options.Node, n, least, k.doubtful.Load())
		}
	}
	t.Logf("%d acknowledged, %d in doubt", least, k.doubtful.Load())
}

// A count is what callers of several nodes are told who add one again and again.
type count struct {
	acknowledged, doubtful atomic.Uint64

	over chan struct{}
	work sync.WaitGroup
}

// keepCounting has two callers on each node add one until end is called.
func keepCounting(t testing.TB, nodes []*DB) *count {
	k := &count{over: make(chan struct{})}
	for _, db := range nodes {
		for range 2 {
			k.work.Go(func() { k.add(t, db) })
		}
	}
	return k
}

func (k *count) add(t testing.TB, db *DB) {
	for {
		select {
		case <-k.over:
			return
		default:
		}
		switch err := db.Update(context.Background(), add); {
		case err == nil:
			k.acknowledged.Add(1)
		case errors.Is(err, store.ErrInDoubt):
			k.doubtful.Add(1)
		case !errors.Is(err, store.ErrUnavailable):
			t.Error(err)
			return
		}
	}
}

func (k *count) end() {
	close(k.over)
	k.work.Wait()
}

// waitFor waits until so many more were counted.
func waitFor(t testing.TB, n *atomic.Uint64, more uint64) {
	t.Helper()
	for from, tries := n.Load(), 0; n.Load() < from+more; tries++ {
		if tries == 3000 {
			t.Fatal("nothing moves")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Without a majority nobody is left without an answer: those whose change was sent are told that it
// is in doubt, and those behind them that nothing was changed.
func TestNobodyWaitsForAMajorityThatDoesNotComeBack(t *testing.T) {
	c := startCluster(t, 3)
	a := node(t, c.endpoints, "a", func(o *Options) {
		o.Timeout, o.Patience, o.controls.quotaLook = 500*time.Millisecond, time.Second, 100*time.Millisecond
	})
	must(t, a.Update(t.Context(), add))
	c.stop(0, 1)
	eventually(t, "it says which members do not answer", func() bool {
		return fmt.Sprint(a.Silent()) == fmt.Sprint(c.endpoints[:2])
	})
	answers := make(chan error)
	var work sync.WaitGroup
	for n := range 4 {
		work.Go(func() {
			time.Sleep(time.Duration(n) * 100 * time.Millisecond)
			answers <- a.Update(context.Background(), add)
		})
	}
	doubtful := 0
	for range 4 {
		switch err := <-answers; {
		case errors.Is(err, store.ErrInDoubt):
			doubtful++
		case !errors.Is(err, store.ErrUnavailable):
			t.Errorf("got %v", err)
		}
	}
	work.Wait()
	c.start(t, 0, 1)
	eventually(t, "the cluster takes changes", func() bool {
		return a.Update(t.Context(), func(store.Writer) error { return nil }) == nil
	})
	if n := counted(t, a); n < 1 || n > uint64(1+doubtful) || doubtful == 0 {
		t.Errorf("%d are counted, 1 was acknowledged and %d are in doubt", n, doubtful)
	}
}
