package etcd

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

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
			had := a.watched
			must(t, a.Close())

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
	was := a.head
	must(t, a.Close())

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
