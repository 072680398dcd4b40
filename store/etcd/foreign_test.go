package etcd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/store"
	"tokenscale/store/storetest"
)

// intruder is somebody who can write to etcd and has no keys.
func intruder(t testing.TB, endpoints []string) *clientv3.Client {
	t.Helper()
	client, err := connect(Options{Endpoints: endpoints})
	must(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// summedNode is a node that sums rows, and tells of what others write.
func summedNode(t testing.TB, endpoints []string, name string, how ...func(*Options)) (*DB, chan string) {
	t.Helper()
	db, told := node(t, endpoints, name, how...), make(chan string, 64)
	db.Guard(func(t store.Table, key []byte, undone bool) { told <- fmt.Sprintf("%s %s %v", t, key, undone) })
	db.SumBy(storetest.Plain{})
	return db, told
}

// replaced has a store in which one row was replaced and one deleted.
func replaced(t testing.TB, db *DB) {
	t.Helper()
	put := func(value string, keys ...string) {
		must(t, db.Update(t.Context(), func(w store.Writer) (err error) {
			for _, k := range keys {
				err = errors.Join(err, w.Put("left", []byte(k), []byte(value)))
			}
			return err
		}))
	}
	put("old", "changed", "deleted", "kept")
	put("new", "changed")
	must(t, db.Update(t.Context(), func(w store.Writer) error { return w.Delete("left", []byte("deleted")) }))
}

const rightRows = "changed=new kept=old "

// rowsIn returns the rows of a table in etcd.
func rowsIn(t testing.TB, client *clientv3.Client, db *DB) (text string) {
	t.Helper()
	r, err := client.Get(t.Context(), db.keys.rows("left"), clientv3.WithPrefix())
	must(t, err)
	for _, kv := range r.Kvs {
		_, key, _ := db.keys.rowOf(string(kv.Key))
		text += fmt.Sprintf("%s=%s ", key, kv.Value)
	}
	return text
}

// undone waits until etcd holds what it should again.
func undone(t testing.TB, client *clientv3.Client, db *DB) {
	t.Helper()
	for range 1000 {
		if rowsIn(t, client, db) == rightRows && summedHead(t, db) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("etcd still holds %s", rowsIn(t, client, db))
}

// summedHead reports whether the head in etcd is one that a node has written.
func summedHead(t testing.TB, db *DB) bool {
	t.Helper()
	h, _, err := db.newest(t.Context())
	if err != nil || h.revision == 0 {
		return false
	}
	_, err = h.summed().Open(storetest.Plain{}, len(storetest.Tables))
	return err == nil
}

// intrusions are what somebody may do who can write to etcd.
func intrusions(db *DB) map[string][]clientv3.Op {
	row := func(key string) string { return db.keys.row("left", []byte(key)) }
	head := func(h head) clientv3.Op { return clientv3.OpPut(db.keys.head(), h.pack()) }
	now := db.headNow()
	next := now
	next.number++
	older := now
	older.number, older.request, older.sums = 1, requestID{1}, storetest.Plain{}.SealSums(1, make([]store.Sum, len(storetest.Tables)))
	return map[string][]clientv3.Op{
		"a row put back":                                      {clientv3.OpPut(row("changed"), "old")},
		"a deleted row put back":                              {clientv3.OpPut(row("deleted"), "old")},
		"a row taken out":                                     {clientv3.OpDelete(row("kept"))},
		"a row put back with the head again":                  {clientv3.OpPut(row("changed"), "old"), head(now)},
		"a row put back with a head that says another number": {clientv3.OpPut(row("changed"), "old"), head(next)},
		"a row put back with a head that nobody can read":     {clientv3.OpPut(row("changed"), "old"), clientv3.OpPut(db.keys.head(), "x")},
		"the head deleted":                                    {clientv3.OpDelete(db.keys.head())},
		"the head deleted with all rows":                      {clientv3.OpDelete(db.options.Prefix, clientv3.WithPrefix())},
		"an older head put back":                              {head(older)},
		"the head again, and nothing else":                    {head(now)},
	}
}

// What others write is never read by anybody, and is written over by what was there.
func TestWhatOthersWriteIsUndone(t *testing.T) {
	for name := range intrusions(&DB{}) {
		t.Run(name, func(t *testing.T) {
			endpoints := members(t, 1)
			client := intruder(t, endpoints)
			a, told := summedNode(t, endpoints, "a")
			b, toldToo := summedNode(t, endpoints, "b")
			replaced(t, a)
			counted(t, b)
			heard := make(chan []store.Change, 64)
			b.Follow(func(c []store.Change) { heard <- c })
			_, err := client.Txn(t.Context()).Then(intrusions(a)[name]...).Commit()
			must(t, err)
			select {
			case <-told:
			case <-toldToo:
			case <-time.After(20 * time.Second):
				t.Fatal("nobody tells of it")
			}
			undone(t, client, a)
			for _, db := range []*DB{a, b} {
				must(t, db.Refresh(t.Context()))
				must(t, db.Update(t.Context(), func(w store.Writer) error { return w.Put("right", []byte(db.options.Node), nil) }))
				must(t, db.View(t.Context(), storetest.Summed))
				if got := keysOf(t, db); got != "[changed kept]" {
					t.Errorf("the mirror of %s has %s", db.options.Node, got)
				}
			}
			for range len(heard) {
				for _, c := range <-heard {
					if string(c.Value) == "old" && string(c.Key) != "kept" || string(c.Key) == "kept" && c.Value == nil {
						t.Errorf("a follower was told %s", c)
					}
				}
			}
			fresh, _ := summedNode(t, endpoints, "c")
			must(t, fresh.View(t.Context(), storetest.Summed))
		})
	}
}

// A node that was stopped meanwhile still knows, by its mirror, whether its history is kept or not.
func TestWhatOthersWriteWhileANodeIsStoppedIsUndone(t *testing.T) {
	for _, compacted := range []bool{false, true} {
		t.Run(fmt.Sprint("history compacted: ", compacted), func(t *testing.T) {
			endpoints := members(t, 1)
			client := intruder(t, endpoints)
			folder := filepath.Join(t.TempDir(), "a")
			there := func(o *Options) { o.Folder = folder }
			a, _ := summedNode(t, endpoints, "a", there)
			replaced(t, a)
			must(t, a.Close())
			_, err := client.Put(t.Context(), a.keys.row("left", []byte("deleted")), "old")
			must(t, err)
			if compacted {
				r, err := client.Put(t.Context(), "elsewhere", "")
				must(t, err)
				_, err = client.Compact(t.Context(), r.Header.Revision)
				must(t, err)
			}
			a, told := summedNode(t, endpoints, "a", there)
			if got := <-told; got != "left deleted true" {
				t.Errorf("told %s", got)
			}
			undone(t, client, a)
			must(t, a.View(t.Context(), storetest.Summed))
		})
	}
}

// Without a mirror nothing tells which row it is. The sums tell that there is one.
func TestRowsThatOthersHaveChangedDoNotAddUpForANewMirror(t *testing.T) {
	endpoints := members(t, 1)
	client := intruder(t, endpoints)
	a, _ := summedNode(t, endpoints, "a")
	replaced(t, a)
	must(t, a.View(t.Context(), storetest.Summed))
	must(t, a.Close())
	for what, op := range map[string]clientv3.Op{
		"a row put back":         clientv3.OpPut(a.keys.row("left", []byte("changed")), "old"),
		"a deleted row put back": clientv3.OpPut(a.keys.row("left", []byte("deleted")), "old"),
		"a row taken out":        clientv3.OpDelete(a.keys.row("left", []byte("kept"))),
		"no head":                clientv3.OpDelete(a.keys.head()),
	} {
		before, err := client.Get(t.Context(), a.options.Prefix, clientv3.WithPrefix())
		must(t, err)
		_, err = client.Do(t.Context(), op)
		must(t, err)
		b := node(t, endpoints, "b")
		if err := b.View(t.Context(), storetest.Summed); err == nil {
			t.Errorf("%s: it adds up", what)
		}
		must(t, b.Close())
		_, err = client.Delete(t.Context(), a.options.Prefix, clientv3.WithPrefix())
		must(t, err)
		for _, kv := range before.Kvs {
			_, err = client.Put(context.Background(), string(kv.Key), string(kv.Value))
			must(t, err)
		}
	}
	b := node(t, endpoints, "b")
	must(t, b.View(t.Context(), storetest.Summed))
}

// unversed knows that commits from a number on are summed by what it does not have.
type unversed struct {
	storetest.Plain
	from uint64
	err  error
}

func (u unversed) OpenSums(commit uint64, sealed []byte) ([]store.Sum, error) {
	if commit >= u.from {
		return nil, u.err
	}
	return u.Plain.OpenSums(commit, sealed)
}

// What a node lacks the key of may be right: it must not undo it, and cannot go on.
func TestANodeStopsAtAHeadUnderAKeyThatItLacksAndUndoesNothing(t *testing.T) {
	endpoints := members(t, 1)
	client := intruder(t, endpoints)
	a, _ := summedNode(t, endpoints, "a")
	b, told := summedNode(t, endpoints, "b")
	replaced(t, a)
	counted(t, b)
	b.SumBy(unversed{from: b.headNow().number + 1, err: store.ErrLacksKey})
	must(t, a.Update(t.Context(), func(w store.Writer) error { return w.Put("left", []byte("later"), []byte("new")) }))
	select {
	case <-b.Stopped():
	case what := <-told:
		t.Fatalf("it takes it for somebody else's: %s", what)
	case <-time.After(20 * time.Second):
		t.Fatal("it goes on")
	}
	if err := b.Err(); !errors.Is(err, store.ErrLacksKey) {
		t.Errorf("it stops with %v", err)
	}
	if got := rowsIn(t, client, a); got != "changed=new kept=old later=new " {
		t.Errorf("etcd has %s", got)
	}
}

// A head under a key of which no row tells is somebody else's, unless what was changed was missed:
// then a rotation of the keys may have been.
func TestANodeThatMissedARotationOfTheKeysSaysThatItLacksOne(t *testing.T) {
	for name, cause := range map[string]struct {
		err  error
		want error
	}{
		"a key that it does not know": {store.ErrUnknownKey, store.ErrLacksKey},
		"sums that are not ours":      {errors.New("changed"), store.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			endpoints := members(t, 1)
			a, _ := summedNode(t, endpoints, "a")
			line := newCable(t, func() (net.Conn, error) { return net.Dial("unix", strings.TrimPrefix(endpoints[0], "unix://")) })
			b, told := summedNode(t, []string{line.endpoint()}, "b")
			replaced(t, a)
			counted(t, b)
			line.set(true)
			b.SumBy(unversed{from: b.headNow().number + 1, err: cause.err})
			for _, value := range []string{"new", "newer"} {
				must(t, a.Update(t.Context(), func(w store.Writer) error { return w.Put("left", []byte("later"), []byte(value)) }))
			}
			_, err := a.client.Compact(t.Context(), newestOf(t, a).revision)
			must(t, err)
			line.set(false)
			select {
			case <-b.Stopped():
			case what := <-told:
				t.Fatalf("it takes it for somebody else's: %s", what)
			case <-time.After(20 * time.Second):
				t.Fatal("it goes on")
			}
			if err := b.Err(); !errors.Is(err, cause.want) || errors.Is(err, store.ErrLacksKey) != strings.Contains(err.Error(), "Copy the key file here") {
				t.Errorf("it stops with %v", err)
			}
		})
	}
}
