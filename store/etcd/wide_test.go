package etcd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/store"
	"tokenscale/store/storetest"
)

// wide changes more rows than a transaction of etcd takes, by parts of which the last is not alone.
func wide(seed uint64) func(store.Writer) error {
	return func(w store.Writer) error { return storetest.PutWide(w, seed) }
}

// patientNode is a summedNode that a busy machine may keep waiting.
func patientNode(t testing.TB, endpoints []string, name string, how ...func(*Options)) (*DB, chan string) {
	t.Helper()
	return summedNode(t, endpoints, name, append(how, func(o *Options) { o.Patience = time.Minute })...)
}

func hasWide(t testing.TB, db *DB, seed uint64) {
	t.Helper()
	if err := db.View(context.Background(), func(r store.Reader) error {
		return errors.Join(storetest.HasWide(r, seed), storetest.Summed(r))
	}); err != nil {
		t.Errorf("node %s: %v", db.options.Node, err)
	}
}

// knowsAll waits until a node knows what was committed up to now. A busy machine takes long.
func knowsAll(t testing.TB, db *DB) {
	t.Helper()
	eventually(t, "the node knows all", func() bool { return db.Refresh(context.Background()) == nil })
}

// partsIn returns the keys of parts in etcd.
func partsIn(t testing.TB, db *DB) []string {
	t.Helper()
	r, err := db.client.Get(context.Background(), db.keys.prefix+"w/", clientv3.WithPrefix())
	must(t, err)
	var names []string
	for _, kv := range r.Kvs {
		names = append(names, string(kv.Key))
	}
	return names
}

// laidOut waits until etcd has all rows where rows are, and no parts.
func laidOut(t testing.TB, db *DB) {
	t.Helper()
	laidOutBut(t, db, 0)
}

// laidOutBut is laidOut where so many parts are left that are nobody's.
func laidOutBut(t testing.TB, db *DB, parts int) {
	t.Helper()
	eventually(t, "all is laid out", func() bool { return newestOf(t, db).unlaid.Parts == 0 })
	if left := partsIn(t, db); len(left) != parts {
		t.Errorf("parts are left: %s", left)
	}
	knowsAll(t, db)
	if n, err := db.Compare(context.Background()); n > 0 || err != nil {
		t.Errorf("%d rows of etcd are others than the mirror of %s has: %v", n, db.options.Node, err)
	}
}

// nothingTold fails the test if a node took something for somebody else's.
func nothingTold(t testing.TB, told ...chan string) {
	t.Helper()
	for _, c := range told {
		select {
		case what := <-c:
			t.Errorf("it is taken for somebody else's: %s", what)
		default:
		}
	}
}

// dies has a node be as if it was killed when it comes to a stage for the nth time.
func dies(db **DB, stage string, nth int32) func(*Options) {
	var times atomic.Int32
	return func(o *Options) {
		o.controls.at = func(at string) error {
			if at != stage || times.Add(1) < nth {
				return nil
			}
			(*db).cancel()
			return context.Canceled
		}
	}
}

func TestOtherNodesHearOfAWideCommitOnce(t *testing.T) {
	endpoints := members(t, 1)
	for name, change := range map[string]func(store.Writer) error{
		"several parts": wide(1),
		"one part": func(w store.Writer) (err error) {
			for n := range storetest.WideRows {
				err = errors.Join(err, w.Put("left", fmt.Appendf(nil, "%06d", n), nil))
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, told := patientNode(t, endpoints, "a")
			b, toldToo := patientNode(t, endpoints, "b")
			heard := make(chan int, 64)
			b.Follow(func(c []store.Change) { heard <- len(c) })
			must(t, a.Update(t.Context(), change))
			if n := <-heard; n != storetest.WideRows {
				t.Errorf("it hears of %d rows first", n)
			}
			laidOut(t, a)
			laidOut(t, b)
			must(t, b.Update(t.Context(), add))
			if n := <-heard; n != 1 {
				t.Errorf("then it hears of %d rows, and one was changed", n)
			}
			nothingTold(t, told, toldToo)
		})
	}
}

// Whenever the author dies, the others have all of it or nothing, and go on.
func TestAnAuthorOfAWideCommitThatDiesStopsNobody(t *testing.T) {
	endpoints := members(t, 1)
	for _, c := range []struct {
		name  string
		stage string
		nth   int32
		made  bool
	}{
		{"when the parts are there", "parts", 1, false},
		{"when it is committed", "rows", 1, true},
		{"when half of it is laid out", "rows", 20, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var a *DB
			a, _ = patientNode(t, endpoints, "a", dies(&a, c.stage, c.nth))
			b, told := patientNode(t, endpoints, "b")
			must(t, b.Update(t.Context(), wide(1)))
			laidOut(t, b)
			seed := uint64(1)
			if err := a.Update(context.Background(), wide(2)); (err == nil) != c.made {
				t.Fatalf("it is told %v", err)
			}
			if c.made {
				seed = 2
			}
			<-a.alive.Done()
			knowsAll(t, b)
			if unlaid := newestOf(t, b).unlaid.Parts > 0; unlaid != c.made {
				t.Fatal("nobody is to have laid it out: ", unlaid)
			}
			fresh, toldToo := patientNode(t, endpoints, "c")
			for _, db := range []*DB{b, fresh} {
				hasWide(t, db, seed)
				if n, err := db.Compare(t.Context()); n > 0 || err != nil {
					t.Errorf("%d rows of etcd are others: %v", n, err)
				}
			}
			must(t, b.Update(t.Context(), func(w store.Writer) error { return w.Put("right", []byte("on"), nil) }))
			if !c.made {
				diesWithItsLease(t, b)
			}
			laidOut(t, b)
			last, _ := patientNode(t, endpoints, "d")
			for _, db := range []*DB{b, fresh, last} {
				knowsAll(t, db)
				hasWide(t, db, seed)
			}
			nothingTold(t, told, toldToo)
		})
	}
}

// diesWithItsLease ends the lease of parts that have no commit, and so the parts.
func diesWithItsLease(t testing.TB, db *DB) {
	t.Helper()
	r, err := db.client.Get(t.Context(), db.keys.prefix+"w/", clientv3.WithPrefix())
	must(t, err)
	if len(r.Kvs) == 0 {
		t.Fatal("there are no parts")
	}
	lease := clientv3.LeaseID(r.Kvs[0].Lease)
	left, err := db.client.TimeToLive(t.Context(), lease)
	if err != nil || left.GrantedTTL != aheadTime {
		t.Errorf("the parts last for %+v: %v", left, err)
	}
	_, err = db.client.Revoke(t.Context(), lease)
	must(t, err)
}

// The author is at it, and another node at the same time.
func TestTwoNodesMayLayOutTheSame(t *testing.T) {
	endpoints := members(t, 1)
	both, twice := make(chan struct{}), atomic.Int32{}
	meet := func(o *Options) {
		var once sync.Once
		o.controls.at = func(at string) error {
			if at == "rows" {
				once.Do(func() {
					if twice.Add(1) == 2 {
						close(both)
					}
				})
				<-both
			}
			return nil
		}
	}
	a, told := patientNode(t, endpoints, "a", meet)
	b, toldToo := patientNode(t, endpoints, "b", meet)
	must(t, a.Update(t.Context(), wide(1)))
	must(t, b.Update(t.Context(), func(w store.Writer) error { return w.Put("right", []byte("on"), nil) }))
	for _, db := range []*DB{a, b} {
		laidOut(t, db)
		hasWide(t, db, 1)
	}
	nothingTold(t, told, toldToo)
}

// One who has read what is to be laid out, and is slow, comes too late to write it over what was
// changed since.
func TestWhoLaysOutLateWritesNothing(t *testing.T) {
	endpoints := members(t, 1)
	late, first := make(chan struct{}), atomic.Bool{}
	a, told := patientNode(t, endpoints, "a", func(o *Options) {
		o.controls.at = func(at string) error {
			if at == "rows" && first.CompareAndSwap(false, true) {
				<-late
			}
			return nil
		}
	})
	b, toldToo := patientNode(t, endpoints, "b")
	must(t, a.Update(t.Context(), wide(1)))
	must(t, b.Update(t.Context(), wide(2)))
	laidOut(t, b)
	close(late)
	must(t, a.Update(t.Context(), func(w store.Writer) error { return w.Put("right", []byte("on"), nil) }))
	for _, db := range []*DB{a, b} {
		laidOut(t, db)
		hasWide(t, db, 2)
	}
	nothingTold(t, told, toldToo)
}

// What is committed is what was brought: parts that are changed in between are brought anew.
func TestPartsThatOthersChangeBeforeTheCommitAreBroughtAnew(t *testing.T) {
	endpoints := members(t, 1)
	client := intruder(t, endpoints)
	tries := 0
	a, _ := patientNode(t, endpoints, "a", func(o *Options) {
		o.controls.at = func(at string) error {
			if at != "parts" {
				return nil
			}
			if tries++; tries > 1 {
				return nil
			}
			r, err := client.Get(context.Background(), o.Prefix+"w/", clientv3.WithPrefix(), clientv3.WithLimit(1))
			if err == nil {
				_, err = client.Put(context.Background(), string(r.Kvs[0].Key), "x")
			}
			return err
		}
	})
	b, told := patientNode(t, endpoints, "b")
	must(t, a.Update(t.Context(), wide(1)))
	for _, db := range []*DB{a, b} {
		knowsAll(t, db)
		hasWide(t, db, 1)
	}
	if tries != 2 {
		t.Errorf("the parts were brought %d times", tries)
	}
	laidOutBut(t, a, 1)
	nothingTold(t, told)
}

// A node is cut off before or after a wide commit, and comes back in the middle of its being laid
// out, when nothing of what happened since is kept.
func TestANodeThatComparesAllRowsKnowsWhatIsNotLaidOut(t *testing.T) {
	endpoints := members(t, 1)
	for name, before := range map[string]bool{"it missed the commit": true, "it has it": false} {
		t.Run(name, func(t *testing.T) {
			hold, half, batches := make(chan struct{}), make(chan struct{}), atomic.Int32{}
			a, told := patientNode(t, endpoints, "a", func(o *Options) {
				o.controls.at = func(at string) error {
					if at == "rows" {
						if batches.Add(1) == 20 {
							close(half)
						}
						if batches.Load() >= 20 {
							<-hold
						}
					}
					return nil
				}
			})
			line := newCable(t, func() (net.Conn, error) { return net.Dial("unix", strings.TrimPrefix(endpoints[0], "unix://")) })
			b, toldToo := patientNode(t, []string{line.endpoint()}, "b")
			heard := make(chan int, 64)
			b.Follow(func(c []store.Change) { heard <- len(c) })
			line.set(before)
			must(t, a.Update(t.Context(), wide(1)))
			if !before {
				knowsAll(t, b)
			}
			line.set(true)
			<-half
			r, err := a.client.Get(t.Context(), "x")
			must(t, err)
			_, err = a.client.Compact(t.Context(), r.Header.Revision)
			must(t, err)
			line.set(false)
			knowsAll(t, b)
			hasWide(t, b, 1)
			close(hold)
			for _, db := range []*DB{a, b} {
				laidOut(t, db)
				hasWide(t, db, 1)
			}
			if n := <-heard; n != storetest.WideRows || len(heard) > 0 {
				t.Errorf("it hears of %d rows, and %d times more", n, len(heard))
			}
			nothingTold(t, told, toldToo)
		})
	}
}

// A node that is stopped in order leaves a mirror that has all rows. It goes on where it was.
func TestANodeLaysOutWhatItLeftWhenItWasStopped(t *testing.T) {
	endpoints := members(t, 1)
	folder := filepath.Join(t.TempDir(), "a")
	a, _ := patientNode(t, endpoints, "a", func(o *Options) {
		o.Folder, o.controls.at = folder, func(at string) error {
			if at == "rows" {
				return errors.New("not yet")
			}
			return nil
		}
	})
	must(t, a.Update(t.Context(), wide(1)))
	must(t, a.Close())
	a, told := patientNode(t, endpoints, "a", func(o *Options) { o.Folder = folder })
	hasWide(t, a, 1)
	laidOut(t, a)
	hasWide(t, a, 1)
	nothingTold(t, told)
}

func TestWhatNoTransactionMayChangeIsRefused(t *testing.T) {
	a := node(t, members(t, 1), "a", func(o *Options) { o.MaxBytes = 1 << 18 })
	for name, change := range map[string]func(store.Writer) error{
		"too many rows": func(w store.Writer) (err error) {
			for n := range 1<<16 + 1 {
				err = errors.Join(err, w.Put("left", fmt.Appendf(nil, "%06d", n), nil))
			}
			return err
		},
		"too many bytes": func(w store.Writer) (err error) {
			for n := range 8 {
				err = errors.Join(err, w.Put("left", fmt.Append(nil, n), make([]byte, store.MaxValue)))
			}
			return err
		},
		"a row that no request holds": func(w store.Writer) error { return w.Put("left", []byte("k"), make([]byte, 1<<18)) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := a.Update(t.Context(), change); !errors.Is(err, store.ErrLarge) {
				t.Errorf("it is told %v", err)
			}
			if got := keysOf(t, a); got != "[]" {
				t.Errorf("there is %s", got)
			}
		})
	}
	must(t, a.Update(t.Context(), wide(1))) // in as many parts as there may be
	laidOut(t, a)
}

// Nodes commit small and wide ones at the same time. All rows of a wide one are of the same commit,
// whoever looks, and each is on top of the one before.
func TestSmallAndWideCommitsOfSeveralNodesAreOneHistory(t *testing.T) {
	endpoints := members(t, 1)
	var nodes []*DB
	for _, name := range []string{"a", "b", "c"} {
		db, _ := patientNode(t, endpoints, name)
		nodes = append(nodes, db)
	}
	const rows = 300
	sheet := func(r store.Reader) (n int, err error) {
		values := map[string]bool{}
		err = r.Scan("right", store.Range{}, func(_, v []byte) error { values[string(v)] = true; return nil })
		if len(values) > 1 {
			return 0, fmt.Errorf("rows of %d commits stand side by side", len(values))
		}
		for v := range values {
			_, err = fmt.Sscan(v, &n)
		}
		return n, err
	}
	rewrite := func(w store.Writer) error {
		n, err := sheet(w)
		for i := range rows {
			err = errors.Join(err, w.Put("right", fmt.Appendf(nil, "%03d", i), fmt.Append(nil, n+1)))
		}
		return err
	}
	var work sync.WaitGroup
	for i, db := range nodes {
		for range 2 {
			work.Go(func() {
				for n := range 12 {
					change := add
					if (n+i)%3 == 0 {
						change = rewrite
					}
					if err := db.Update(context.Background(), change); err != nil {
						t.Error(err)
					}
					if err := db.View(context.Background(), func(r store.Reader) error { _, err := sheet(r); return err }); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	work.Wait()
	for _, db := range nodes {
		if n := counted(t, db); n != 48 {
			t.Errorf("%d small ones are counted, and 48 were made", n)
		}
		must(t, db.View(t.Context(), func(r store.Reader) error {
			n, err := sheet(r)
			if n != 24 {
				t.Errorf("%d wide ones are counted, and 24 were made", n)
			}
			return errors.Join(err, storetest.Summed(r))
		}))
		laidOut(t, db)
	}
}

// Whoever can write to etcd may change the parts, or drop them. Nodes that have the rows write them
// all the same; one that has none finds that they do not add up.
func TestPartsThatOthersChangeCountForNothing(t *testing.T) {
	endpoints := members(t, 1)
	for name, intrude := range map[string]func(t *testing.T, c *clientv3.Client, db *DB, was head){
		"a part is changed": func(t *testing.T, c *clientv3.Client, db *DB, was head) {
			_, err := c.Put(t.Context(), db.keys.part(was.unlaid.request, 1), "x")
			must(t, err)
		},
		"the parts are dropped": func(t *testing.T, c *clientv3.Client, db *DB, was head) {
			_, err := c.Delete(t.Context(), db.keys.prefix+"w/", clientv3.WithPrefix())
			must(t, err)
		},
		"the head is dropped": func(t *testing.T, c *clientv3.Client, db *DB, was head) {
			_, err := c.Delete(t.Context(), db.keys.head())
			must(t, err)
		},
		"the head says that all is laid out": func(t *testing.T, c *clientv3.Client, db *DB, was head) {
			was.unlaid = unlaid{}
			_, err := c.Put(t.Context(), db.keys.head(), was.pack())
			must(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			client := intruder(t, endpoints)
			var a *DB
			a, _ = patientNode(t, endpoints, "a", dies(&a, "rows", 20))
			b, told := patientNode(t, endpoints, "b")
			must(t, a.Update(t.Context(), wide(1)))
			<-a.alive.Done()
			knowsAll(t, b)
			intrude(t, client, b, newestOf(t, b))
			if strings.Contains(name, "part") { // what happened to the head is undone at once
				fresh := node(t, endpoints, "c")
				if err := fresh.View(t.Context(), storetest.Summed); err == nil {
					t.Error("it adds up for a node that has no mirror")
				}
			}
			eventually(t, "changes are taken", func() bool {
				return b.Update(t.Context(), func(w store.Writer) error { return w.Put("right", []byte("on"), nil) }) == nil
			})
			laidOut(t, b)
			hasWide(t, b, 1)
			select {
			case <-told:
			case <-time.After(20 * time.Second):
				t.Error("nobody is told")
			}
			last, _ := patientNode(t, endpoints, "d")
			hasWide(t, last, 1)
		})
	}
}

// An old wide commit is nothing to those who know a later one.
func TestAWideCommitThatIsPutBackIsUndone(t *testing.T) {
	endpoints := members(t, 1)
	client := intruder(t, endpoints)
	a, told := patientNode(t, endpoints, "a", func(o *Options) {
		o.controls.at = func(at string) error {
			time.Sleep(time.Millisecond)
			return nil
		}
	})
	must(t, a.Update(t.Context(), wide(1)))
	old, err := client.Get(t.Context(), a.keys.head())
	must(t, err)
	parts, err := client.Get(t.Context(), a.keys.prefix+"w/", clientv3.WithPrefix())
	must(t, err)
	laidOut(t, a)
	must(t, a.Update(t.Context(), wide(2)))
	laidOut(t, a)
	var ops []clientv3.Op
	for _, kv := range append(old.Kvs, parts.Kvs...) {
		ops = append(ops, clientv3.OpPut(string(kv.Key), string(kv.Value)))
	}
	if len(ops) < 3 {
		t.Fatal("it was laid out too soon for this test")
	}
	for _, op := range ops[1:] {
		_, err = client.Do(t.Context(), op)
		must(t, err)
	}
	_, err = client.Do(t.Context(), ops[0])
	must(t, err)
	select {
	case <-told:
	case <-time.After(20 * time.Second):
		t.Fatal("nobody is told")
	}
	must(t, a.Update(t.Context(), add))
	eventually(t, "the head is ours again", func() bool { return newestOf(t, a).revision == a.headNow().revision })
	must(t, a.View(t.Context(), storetest.Summed))
	fresh, _ := patientNode(t, endpoints, "c")
	must(t, fresh.View(t.Context(), storetest.Summed))
}

func (db *DB) headNow() head {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.head
}
