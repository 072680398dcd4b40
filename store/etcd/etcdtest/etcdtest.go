// Package etcdtest runs members of etcd inside the process of a test, for packages that open a
// store there. They keep nothing and listen to sockets in a folder.
package etcdtest

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
)

// startTime is for how long a member may start.
const startTime = time.Minute

// A Member is one member, which is a cluster of its own.
type Member struct {
	// Endpoint is where clients reach it.
	Endpoint string

	folder string
	etcd   *embed.Etcd
}

// OnLoopback has a member listen to a port that is free, for whoever takes no sockets.
func OnLoopback(c *embed.Config) {
	c.ListenClientUrls = []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
}

// Start starts a member. The folder it has is removed by Stop. Each of change may change how it is
// set up.
func Start(change ...func(*embed.Config)) (*Member, error) {
	folder, err := os.MkdirTemp("", "etcd")
	if err != nil {
		return nil, err
	}
	m := &Member{folder: folder}
	if err := m.start(change); err != nil {
		return nil, errors.Join(err, m.Stop())
	}
	return m, nil
}

func (m *Member) start(change []func(*embed.Config)) (err error) {
	client := url.URL{Scheme: "unix", Path: filepath.Join(m.folder, "client:1")}
	cfg := embed.NewConfig()
	cfg.Name, cfg.Dir = "m", filepath.Join(m.folder, "data")
	// Nobody asks the member where it is, and no other member calls it.
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = []url.URL{client}, []url.URL{{Scheme: "unix", Host: "localhost:1"}}
	peer := url.URL{Scheme: "http", Host: "127.0.0.1:0"}
	cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	cfg.InitialCluster = cfg.Name + "=" + peer.String()
	cfg.LogLevel, cfg.UnsafeNoFsync = "fatal", true
	for _, fn := range change {
		fn(cfg)
	}
	if m.etcd, err = embed.StartEtcd(cfg); err != nil {
		return fmt.Errorf("starting a member of etcd: %w", err)
	}
	if m.Endpoint = client.String(); cfg.ListenClientUrls[0].Scheme == "http" {
		m.Endpoint = "http://" + m.etcd.Clients[0].Addr().String()
	}
	select {
	case <-m.etcd.Server.ReadyNotify():
		return nil
	case err := <-m.etcd.Err():
		return err
	case <-time.After(startTime):
		return errors.New("a member of etcd did not start in time")
	}
}

// Stop stops the member and removes what it had.
func (m *Member) Stop() error {
	if m.etcd != nil {
		m.etcd.Close()
	}
	return os.RemoveAll(m.folder)
}

// Store is the variable that says which store the tests of a package use: "etcd", or else files.
const Store = "TOKENSCALE_TEST_STORE"

// Main is the tests of a package, which find a member in a variable if Store asks for one and no
// other is named there. It is for TestMain.
type Main struct {
	Tests    interface{ Run() int }
	Variable string
}

// Run runs the tests and returns the code to exit with.
func (m Main) Run() int {
	if os.Getenv(Store) != "etcd" || os.Getenv(m.Variable) != "" {
		return m.Tests.Run()
	}
	member, err := Start()
	if err == nil {
		err = os.Setenv(m.Variable, member.Endpoint)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Tests.Run()
	if err := member.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}
