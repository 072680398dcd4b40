package etcdtest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"go.etcd.io/etcd/server/v3/embed"
)

// The ports of a member that is a process: for clients, and for the other members.
const (
	ClientPort = 2379
	PeerPort   = 2380
)

// role has the binary of a test be a member of etcd, when it is in the environment.
const role = "TOKENSCALE_TEST_MEMBER"

// A Process is how a member runs that is a process of its own, on a host of its own.
type Process struct {
	Name    string
	Folder  string // for what it keeps
	Address string // of the host
	Cluster string // the names of all members, each with its URL; see Peer
}

// URL returns where a host listens at a port.
func URL(address string, port int) string { return fmt.Sprintf("http://%s:%d", address, port) }

// Peer returns what stands in Process.Cluster of a member, between commas.
func Peer(name, address string) string { return name + "=" + URL(address, PeerPort) }

// Environ returns what must be in the environment of the binary of a test so that it is the member.
func (p Process) Environ() string {
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // all its fields can be written
	}
	return role + "=" + string(text)
}

// ServeIfAsked is for TestMain, first of all. If this process is to be a member, it is one until it
// is asked to stop, and does not return.
func ServeIfAsked() {
	text := os.Getenv(role)
	if text == "" {
		return
	}
	if err := serve(text); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func serve(text string) error {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	c, err := config(text)
	if err != nil {
		return err
	}
	e, err := embed.StartEtcd(c)
	if err != nil {
		return err
	}
	defer e.Close()
	select {
	case err := <-e.Err():
		return err
	case <-stop:
		return nil
	}
}

func config(text string) (*embed.Config, error) {
	var p Process
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return nil, err
	}
	client, err := url.Parse(URL(p.Address, ClientPort))
	if err != nil {
		return nil, err
	}
	peer, err := url.Parse(URL(p.Address, PeerPort))
	if err != nil {
		return nil, err
	}
	c := embed.NewConfig()
	c.Name, c.Dir, c.InitialCluster, c.LogLevel, c.LogOutputs = p.Name, p.Folder, p.Cluster, "fatal", []string{"stderr"}
	c.ListenClientUrls, c.AdvertiseClientUrls = []url.URL{*client}, []url.URL{*client}
	c.ListenPeerUrls, c.AdvertisePeerUrls = []url.URL{*peer}, []url.URL{*peer}
	return c, nil
}
