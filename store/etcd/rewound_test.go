package etcd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"tokenscale/store"
	"tokenscale/store/storetest"
)

// kept returns a copy of what a member keeps, which it is stopped for.
func (c *cluster) kept(t testing.TB, i int) (folder string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "kept")
	c.stop(i)
	must(t, os.CopyFS(folder, os.DirFS(c.configs[i].Dir)))
	c.start(t, i)
	return folder
}

// putBack has a member keep what is in a folder, and nothing else.
func (c *cluster) putBack(t testing.TB, i int, folder string) {
	t.Helper()
	c.stop(i)
	must(t, os.RemoveAll(c.configs[i].Dir))
	must(t, os.CopyFS(c.configs[i].Dir, os.DirFS(folder)))
	c.start(t, i)
}

// put writes rows of a table, each in a commit of its own.
func put(t testing.TB, db *DB, keys ...string) {
	t.Helper()
	for _, k := range keys {
		must(t, db.Update(t.Context(), func(w store.Writer) error { return w.Put("left", []byte(k), nil) }))
	}
}

// alike fails unless nodes have the same rows once each has asked, and prove that they know all.
func alike(t testing.TB, want string, nodes ...*DB) {
	t.Helper()
	for _, db := range nodes {
		must(t, db.Refresh(t.Context()))
		if got := keysOf(t, db); got != want {
			t.Errorf("node %s has %s, want %s", db.options.Node, got, want)
		}
		if db.committer.Summer() != nil {
			must(t, db.View(t.Context(), storetest.Summed))
		}
		if len(db.waiting()) > 0 {
			t.Errorf("node %s takes commits of a node for somebody else's", db.options.Node)
		}
		eventually(t, db.options.Node+" proves that it knows all", func() bool { return db.Proven() == nil })
	}
}

// A node starts with its old mirror on an etcd that is at a lower revision, or at the same with
// another commit: the mirror counts for nothing, and nothing is missed that comes next.
func TestAMirrorOfAnotherHistoryIsThrownAway(t *testing.T) {
	wiped := func(t *testing.T, c *cluster, _ string) { c.putBack(t, 0, t.TempDir()) }
	older := func(t *testing.T, c *cluster, kept string) { c.putBack(t, 0, kept) }
	for name, back := range map[string]struct {
		how  func(t *testing.T, c *cluster, kept string)
		lost int      // commits
		rows []string // that are there then, and in the end
		then []string
	}{
		"etcd is a new one":                {wiped, 30, []string{"first"}, []string{"first", "next", "own"}},
		"an older copy of it was put back": {older, 1, []string{"first", "old"}, []string{"first", "next", "old", "own"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := startCluster(t, 1)
			folder := filepath.Join(t.TempDir(), "a")
			there := func(o *Options) { o.Folder = folder }
			a, _ := summedNode(t, c.endpoints, "a", there)
			put(t, a, "old")
			must(t, a.Close())
			kept := c.kept(t, 0)
			a, _ = summedNode(t, c.endpoints, "a", there)
			for n := range back.lost {
				put(t, a, fmt.Sprint("lost", n))
			}
			must(t, a.Close())
			had := a.watched

			back.how(t, c, kept)
			b, _ := summedNode(t, c.endpoints, "b")
			put(t, b, "first")
			a, _ = summedNode(t, c.endpoints, "a", there)
			alike(t, fmt.Sprint(back.rows), a, b)
			for put(t, b, "next"); newestOf(t, b).revision <= had+2; {
				put(t, b, "next")
			}
			put(t, a, "own")
			alike(t, fmt.Sprint(back.then), a, b)
		})
	}
}

// The same revision may be of another commit.
func TestAMirrorWhoseHeadIsAnotherOneIsThrownAway(t *testing.T) {
	c := startCluster(t, 1)
	folder := filepath.Join(t.TempDir(), "a")
	there := func(o *Options) { o.Folder = folder }
	a := node(t, c.endpoints, "a", there)
	put(t, a, "lost")
	must(t, a.Close())
	was := a.head

	c.putBack(t, 0, t.TempDir())
	client := intruder(t, c.endpoints)
	for r := int64(1); r < was.revision-1; r++ {
		_, err := client.Put(t.Context(), "elsewhere", "")
		must(t, err)
	}
	other := head{number: was.number, request: requestID{1}, node: "b"}
	r, err := client.Txn(t.Context()).Then(clientv3.OpPut(a.keys.row("left", []byte("first")), ""), clientv3.OpPut(a.keys.head(), other.pack())).Commit()
	must(t, err)
	if r.Header.Revision != was.revision {
		t.Fatalf("the heads are at %d and %d", r.Header.Revision, was.revision)
	}
	a = node(t, c.endpoints, "a", there)
	alike(t, "[first]", a)
	put(t, a, "next")
	alike(t, "[first next]", a)
}

// stopsRewound fails unless a node answers for no token any more, and says why it changes nothing.
func stopsRewound(t testing.TB, db *DB) {
	t.Helper()
	select {
	case <-db.Stopped():
	case <-time.After(20 * time.Second):
		t.Fatalf("node %s goes on (%v)", db.options.Node, db.Proven())
	}
	if err := db.Update(t.Context(), add); !errors.Is(err, store.ErrRewound) || !errors.Is(err, store.ErrStopped) {
		t.Errorf("node %s says %v", db.options.Node, err)
	}
	if db.Proven() == nil || db.Refresh(t.Context()) == nil {
		t.Errorf("node %s still answers", db.options.Node)
	}
}

// An older copy of etcd is put back, or another etcd stands in its place, while nodes run. None
// answers any more, none writes there, and a commit that is under way is told so.
func TestNodesWhoseEtcdWentBackStop(t *testing.T) {
	for name, wiped := range map[string]bool{"a copy was put back": false, "etcd is a new one": true} {
		t.Run(name, func(t *testing.T) {
			c := startCluster(t, 1)
			a, _ := summedNode(t, c.endpoints, "a")
			b, _ := summedNode(t, c.endpoints, "b")
			put(t, a, "old")
			kept := c.kept(t, 0)
			if wiped {
				kept = t.TempDir()
			}
			eventually(t, "a node goes on", func() bool { return a.Update(t.Context(), add) == nil })
			for n := range 12 {
				put(t, b, fmt.Sprint("lost", n))
			}
			answers := make(chan error, 1)
			c.stop(0)
			go func() { answers <- a.Update(context.Background(), add) }()
			must(t, os.RemoveAll(c.configs[0].Dir))
			must(t, os.CopyFS(c.configs[0].Dir, os.DirFS(kept)))
			c.start(t, 0)
			stopsRewound(t, a)
			stopsRewound(t, b)
			if err := <-answers; !errors.Is(err, store.ErrRewound) {
				t.Errorf("a commit under way is told %v", err)
			}
			if got, want := rowsIn(t, intruder(t, c.endpoints), a), map[bool]string{false: "old= "}[wiped]; got != want {
				t.Errorf("etcd has %q, want %q", got, want)
			}
		})
	}
}

// A node that could hear of nothing while etcd went back finds it further than it was, by commits
// of a node that knows nothing of those it has seen: more of them, or fewer.
func TestANodeThatComesBackToAnotherHistoryStops(t *testing.T) {
	for name, commits := range map[string][2]int{"with fewer commits": {20, 2}, "with more": {2, 20}} {
		t.Run(name, func(t *testing.T) {
			c := startCluster(t, 1)
			line := newCable(t, func() (net.Conn, error) { return net.Dial("unix", strings.TrimPrefix(c.endpoints[0], "unix://")) })
			b, told := summedNode(t, []string{line.endpoint()}, "b")
			for n := range commits[0] {
				put(t, b, fmt.Sprint("lost", n))
			}
			line.set(true)
			c.putBack(t, 0, t.TempDir())
			client := intruder(t, c.endpoints)
			for r := int64(0); r < b.seen().Revision; {
				answer, err := client.Put(t.Context(), "elsewhere", "")
				must(t, err)
				r = answer.Header.Revision
			}
			d, _ := summedNode(t, c.endpoints, "d")
			for n := range commits[1] {
				put(t, d, fmt.Sprint("new", n))
			}
			line.set(false)
			stopsRewound(t, b)
			if len(told) > 0 || len(d.waiting()) > 0 {
				t.Errorf("commits of a node are taken for somebody else's: %v", <-told)
			}
			put(t, d, "more")
			alike(t, keysOf(t, d), d)
		})
	}
}

// A watch that begins too late misses commits. The next one does not add up then, or a proof finds
// that it has not come, and all rows are compared: it is never undone.
func TestWhatTheWatchHasMissedIsFound(t *testing.T) {
	for name, later := range map[string]bool{"by the next commit": true, "by the next proof": false} {
		t.Run(name, func(t *testing.T) {
			endpoints := members(t, 1)
			a, _ := summedNode(t, endpoints, "a")
			b, told := summedNode(t, endpoints, "b")
			put(t, a, "old")
			must(t, b.Refresh(t.Context()))
			b.mu.Lock() // which the next watch waits for
			b.watching.Late(time.Now().Add(time.Hour))
			time.Sleep(100 * time.Millisecond) // it may not have ended, and then it misses nothing
			put(t, a, "missed")
			b.watched = newestOf(t, a).revision
			b.mu.Unlock()
			if later {
				put(t, a, "next")
			}
			eventually(t, "both have the same", func() bool { return keysOf(t, b) == keysOf(t, a) })
			if len(told) > 0 {
				t.Errorf("a commit of a node is taken for somebody else's: %s", <-told)
			}
			alike(t, keysOf(t, a), a, b)
		})
	}
}
