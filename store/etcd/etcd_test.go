package etcd

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/goleak"

	"tokenscale/store"
	"tokenscale/store/etcd/etcdtest"
	"tokenscale/store/storetest"
)

func TestMain(m *testing.M) {
	etcdtest.ServeIfAsked()
	goleak.VerifyTestMain(m)
}

// A cluster is members of etcd in this process.
type cluster struct {
	endpoints []string
	configs   []*embed.Config
	running   []*embed.Etcd
}

// members starts a cluster and returns where clients reach it.
func members(t testing.TB, n int) []string { return startCluster(t, n).endpoints }

func startCluster(t testing.TB, n int) *cluster {
	t.Helper()
	t.Chdir(t.TempDir()) // the sockets lie there
	c := &cluster{running: make([]*embed.Etcd, n)}
	socket := func() url.URL {
		return url.URL{Scheme: "unix", Host: fmt.Sprintf("localhost:%d", 2000+nextMember.Add(1))}
	}
	var initial []string
	for i := range n {
		cfg, client, peer := embed.NewConfig(), socket(), socket()
		cfg.Name, cfg.Dir = fmt.Sprintf("m%d", i), t.TempDir()
		cfg.ListenClientUrls, cfg.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
		cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
		cfg.LogLevel, cfg.UnsafeNoFsync = "fatal", true
		initial = append(initial, cfg.Name+"="+peer.String())
		c.configs, c.endpoints = append(c.configs, cfg), append(c.endpoints, client.String())
	}
	for _, cfg := range c.configs {
		cfg.InitialCluster = strings.Join(initial, ",")
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	t.Cleanup(func() { c.stop(all...) })
	c.start(t, all...)
	return c
}

// start starts members, and returns when they take requests.
func (c *cluster) start(t testing.TB, which ...int) {
	t.Helper()
	var work sync.WaitGroup
	for _, i := range which {
		work.Go(func() {
			e, err := embed.StartEtcd(c.configs[i])
			if err != nil {
				t.Error(err)
				return
			}
			<-e.Server.ReadyNotify()
			c.running[i] = e
		})
	}
	work.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

func (c *cluster) stop(which ...int) {
	for _, i := range which {
		if c.running[i] != nil {
			c.running[i].Close()
			c.running[i] = nil
		}
	}
}

var nextMember atomic.Int64

func TestTheSuite(t *testing.T) {
	for _, n := range []int{1, 3} {
		t.Run(fmt.Sprint(n, " members"), func(t *testing.T) {
			endpoints := members(t, n)
			storetest.Run(t, func(t testing.TB, dir string) store.DB {
				return mustOpen(t, Options{Endpoints: endpoints, Prefix: "/test" + filepath.ToSlash(dir) + "/", Folder: filepath.Join(dir, "mirror")})
			})
		})
	}
}

// mustOpen opens a store and closes it when the test ends.
func mustOpen(t testing.TB, o Options) *DB {
	t.Helper()
	o.Tables, o.QueueLength, o.Random = storetest.Tables, storetest.Queue, rand.Read
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Node == "" {
		o.Node = "a"
	}
	db, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
