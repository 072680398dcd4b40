package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	"go.etcd.io/etcd/server/v3/embed"
)

// memberRole is what this program is called with to be a member, before the file that says which.
const memberRole = "member"

// A member is how a member of etcd runs.
type member struct {
	Name, Folder, CA, Cert, Key string
	Client, Peer                string // its addresses
	Cluster                     string // all names and peer addresses
}

func memberName(i int) string { return fmt.Sprint("etcd-", i+1) }

// startMembers starts all members, and returns when they have a quorum.
func (c *cluster) startMembers(ctx context.Context) error {
	all, err := c.readMembers()
	if err != nil {
		return err
	}
	for _, m := range all {
		c.endpoints = append(c.endpoints, m.Client)
		if err := c.ca.issue(c.path(m.Name), m.Name); err != nil {
			return err
		}
		self, err := os.Executable()
		if err != nil {
			return err
		}
		p, err := launch(c.path(m.Name+".log"), self, memberRole, c.path(m.Name+".json"))
		if err != nil {
			return err
		}
		c.members = append(c.members, p)
	}
	for i, p := range c.members {
		if _, err := p.await(ctx, `(?m)^(ready)$`); err != nil {
			return fmt.Errorf("%s: %w", memberName(i), err)
		}
	}
	return nil
}

// readMembers returns the members of the cluster that was in the folder, or writes down new ones.
func (c *cluster) readMembers() (all []member, err error) {
	for i := range c.options.members {
		text, err := os.ReadFile(c.path(memberName(i) + ".json"))
		if errors.Is(err, os.ErrNotExist) {
			return c.newMembers()
		}
		var m member
		if err = errors.Join(err, json.Unmarshal(text, &m)); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

func (c *cluster) newMembers() (all []member, err error) {
	ports, err := freePorts(2 * c.options.members)
	if err != nil {
		return nil, err
	}
	var initial []string
	for i := range c.options.members {
		m := member{
			Name: memberName(i), Folder: c.path(memberName(i)), CA: c.ca.path(),
			Cert: c.path(memberName(i) + ".pem"), Key: c.path(memberName(i) + ".key"),
			Client: fmt.Sprint("https://127.0.0.1:", ports[2*i]), Peer: fmt.Sprint("https://127.0.0.1:", ports[2*i+1]),
		}
		all, initial = append(all, m), append(initial, m.Name+"="+m.Peer)
	}
	for i := range all {
		all[i].Cluster = strings.Join(initial, ",")
		text, err := json.MarshalIndent(all[i], "", "  ")
		if err = errors.Join(err, os.WriteFile(c.path(all[i].Name+".json"), text, 0o600)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// freePorts returns ports of loopback that nobody listens on.
func freePorts(n int) (ports []int, err error) {
	for range n {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer ln.Close() //nolint:errcheck // it was opened to find a port
		ports = append(ports, ln.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// serveMember is a member until it is asked to stop.
func serveMember(file string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var m member
	text, err := os.ReadFile(file)
	if err = errors.Join(err, json.Unmarshal(text, &m)); err != nil {
		return err
	}
	config, err := m.config()
	if err != nil {
		return err
	}
	e, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	defer e.Close()
	select {
	case <-e.Server.ReadyNotify():
		fmt.Fprintln(os.Stdout, "ready")
	case <-ctx.Done():
		return nil
	}
	select {
	case err := <-e.Err():
		return err
	case <-ctx.Done():
		return nil
	}
}

// config returns the settings that docs/cluster.md recommends.
func (m member) config() (*embed.Config, error) {
	client, err := url.Parse(m.Client)
	if err != nil {
		return nil, err
	}
	peer, err := url.Parse(m.Peer)
	if err != nil {
		return nil, err
	}
	c := embed.NewConfig()
	c.Name, c.Dir, c.InitialCluster, c.InitialClusterToken = m.Name, m.Folder, m.Cluster, "tokenscale"
	c.ListenClientUrls, c.AdvertiseClientUrls = []url.URL{*client}, []url.URL{*client}
	c.ListenPeerUrls, c.AdvertisePeerUrls = []url.URL{*peer}, []url.URL{*peer}
	c.ClientTLSInfo = transport.TLSInfo{CertFile: m.Cert, KeyFile: m.Key, TrustedCAFile: m.CA, ClientCertAuth: true}
	c.PeerTLSInfo = c.ClientTLSInfo
	c.QuotaBackendBytes = 8 << 30
	c.AutoCompactionMode, c.AutoCompactionRetention = "periodic", "1h"
	c.LogLevel, c.LogOutputs = "warn", []string{"stderr"}
	c.WarningUnaryRequestDuration = time.Second
	return c, nil
}
