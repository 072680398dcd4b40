package app

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"tokenscale/web"
)

// EtcdOptions are the settings of a store that several nodes share in etcd. Those that are left out
// are zero here, so that one which is given without --store etcd can be refused.
type EtcdOptions struct {
	Endpoints []string `name:"etcd-endpoints" env:"TOKENSCALE_ETCD_ENDPOINTS" placeholder:"URL" help:"Members of etcd, such as https://etcd-1:2379,https://etcd-2:2379. Needed with --store etcd."`
	Prefix    string   `name:"etcd-prefix" env:"TOKENSCALE_ETCD_PREFIX" placeholder:"PREFIX" help:"What all keys in etcd begin with, /tokenscale/ unless set. Nobody else may write there."`
	CA        string   `name:"etcd-ca" env:"TOKENSCALE_ETCD_CA" placeholder:"FILE" help:"Authorities that the members' certificates are trusted by (PEM). This and the next two are needed beyond loopback, and read again for each connection."`
	Cert      string   `name:"etcd-cert" env:"TOKENSCALE_ETCD_CERT" placeholder:"FILE" help:"Our certificate for etcd (PEM). Its common name is our user there."`
	Key       string   `name:"etcd-key" env:"TOKENSCALE_ETCD_KEY" placeholder:"FILE" help:"Private key of that certificate (PEM)."`
	Insecure  bool     `name:"etcd-insecure" env:"TOKENSCALE_ETCD_INSECURE" help:"Use etcd without TLS or without a client certificate, although others could read and write along."`
	NodeName  string   `name:"node-name" env:"TOKENSCALE_NODE_NAME" placeholder:"NAME" help:"Name of this node among those that share the store, the host's name unless set. No two may have the same."`

	MaxStaleness time.Duration `name:"max-staleness" env:"TOKENSCALE_MAX_STALENESS" placeholder:"TIME" help:"How long this node answers for tokens without hearing from etcd, 3s unless set. A revocation holds everywhere after the longest that any node has, at the latest; a node that is cut off for longer refuses to answer."`

	MaxOps   int           `name:"etcd-max-ops" env:"TOKENSCALE_ETCD_MAX_OPS" placeholder:"N" help:"Operations that etcd takes in a transaction (its --max-txn-ops), 128 unless set."`
	MaxBytes Size          `name:"etcd-max-bytes" env:"TOKENSCALE_ETCD_MAX_BYTES" placeholder:"SIZE" help:"Size of a transaction that etcd takes (below its --max-request-bytes), 1280KiB unless set."`
	Timeout  time.Duration `name:"etcd-timeout" env:"TOKENSCALE_ETCD_TIMEOUT" placeholder:"TIME" help:"How long one request to etcd may take, 2s unless set."`
	Patience time.Duration `name:"etcd-patience" env:"TOKENSCALE_ETCD_PATIENCE" placeholder:"TIME" help:"How long a change waits for etcd until its caller is told that its outcome is in doubt, 5s unless set."`
}

// The limits of these settings.
const (
	leastOps, mostOps     = 64, 1 << 16
	leastBytes, mostBytes = Size(1 << 18), Size(8 << 20)
	leastTimeout          = 500 * time.Millisecond
	mostPatience          = time.Minute
	leastStaleness        = time.Second
	mostStaleness         = time.Minute
	maxNodeName           = 100
)

// InEtcd reports whether the store is one in etcd.
func (o StoreOptions) InEtcd() bool { return o.Store == "etcd" }

// checkStore refuses settings of the store that do not go together.
func (o StoreOptions) checkStore() error {
	if !o.InEtcd() {
		if given := o.Etcd.given(); given != "" {
			return fmt.Errorf("--%s is for a store in etcd: set --store etcd as well, or leave it out", given)
		}
		return nil
	}
	switch {
	case o.MaxStoreSize != 0:
		return errors.New("--max-store-size is for a store in a file: how large one in etcd may grow is set there (--quota-backend-bytes)")
	case o.AllowNetworkStorage:
		return errors.New("--allow-network-storage is for a store in a file: what is in --data of a node is only a mirror of etcd, which may lie anywhere")
	}
	return o.Etcd.check()
}

// given returns the name of a setting of etcd that was given, if one was.
func (e EtcdOptions) given() string {
	for _, setting := range []struct {
		name string
		set  bool
	}{
		{"etcd-endpoints", len(e.Endpoints) > 0},
		{"etcd-prefix", e.Prefix != ""},
		{"etcd-ca", e.CA != ""},
		{"etcd-cert", e.Cert != ""},
		{"etcd-key", e.Key != ""},
		{"etcd-insecure", e.Insecure},
		{"node-name", e.NodeName != ""},
		{"max-staleness", e.MaxStaleness != 0},
		{"etcd-max-ops", e.MaxOps != 0},
		{"etcd-max-bytes", e.MaxBytes != 0},
		{"etcd-timeout", e.Timeout != 0},
		{"etcd-patience", e.Patience != 0},
	} {
		if setting.set {
			return setting.name
		}
	}
	return ""
}

func (e EtcdOptions) check() error {
	if len(e.endpoints()) == 0 {
		return errors.New("--store etcd needs --etcd-endpoints, such as https://etcd-1:2379,https://etcd-2:2379,https://etcd-3:2379")
	}
	if (e.Cert == "") != (e.Key == "") {
		return errors.New("--etcd-cert and --etcd-key go together: set both or none")
	}
	for _, endpoint := range e.endpoints() {
		if err := e.checkEndpoint(endpoint); err != nil {
			return err
		}
	}
	return errors.Join(e.checkName(), e.checkLimits())
}

// checkEndpoint refuses a member that cannot be used, or not safely.
func (e EtcdOptions) checkEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" {
		return fmt.Errorf("--etcd-endpoints takes addresses such as https://etcd-1:2379, not %q", endpoint)
	}
	secure := u.Scheme == "https" || u.Scheme == "unixs"
	switch {
	case !secure && u.Scheme != "http" && u.Scheme != "unix":
		return fmt.Errorf("--etcd-endpoints takes addresses that begin with https:// or http://, not %q", endpoint)
	case !secure && e.wantsTLS():
		return fmt.Errorf("--etcd-ca and --etcd-cert are for TLS, and the endpoint %s is without: write https://", endpoint)
	case u.Scheme == "unix" || u.Scheme == "unixs" || web.IsLoopback(u.Hostname()) || e.Insecure:
		return nil
	case !secure:
		return fmt.Errorf("without TLS, others could read and change what is in etcd at %s: write https:// and set --etcd-ca, --etcd-cert and --etcd-key, or --etcd-insecure", endpoint)
	case e.CA == "" || e.Cert == "":
		return fmt.Errorf("--etcd-ca, --etcd-cert and --etcd-key are needed for %s: by them it and we know each other. --etcd-insecure does without", endpoint)
	}
	return nil
}

func (e EtcdOptions) checkName() error {
	name, err := e.Node()
	if err != nil {
		return err
	}
	if name == "" || len(name) > maxNodeName || strings.ContainsAny(name, "/ \t\n") {
		return fmt.Errorf("--node-name takes up to %d characters without blanks and slashes, not %q", maxNodeName, name)
	}
	return nil
}

func (e EtcdOptions) checkLimits() error {
	switch {
	case e.MaxOps != 0 && (e.MaxOps < leastOps || e.MaxOps > mostOps):
		return fmt.Errorf("--etcd-max-ops takes %d to %d, not %d", leastOps, mostOps, e.MaxOps)
	case e.MaxBytes != 0 && (e.MaxBytes < leastBytes || e.MaxBytes > mostBytes):
		return fmt.Errorf("--etcd-max-bytes takes 256KiB to 8MiB, not %d", e.MaxBytes)
	case e.MaxStaleness != 0 && (e.MaxStaleness < leastStaleness || e.MaxStaleness > mostStaleness):
		return fmt.Errorf("--max-staleness takes %v to %v, not %v", leastStaleness, mostStaleness, e.MaxStaleness)
	case e.Timeout != 0 && e.Timeout < leastTimeout:
		return fmt.Errorf("--etcd-timeout takes %v or more, not %v: a member that is merely busy would leave every change in doubt", leastTimeout, e.Timeout)
	case e.Patience < 0 || e.Patience > mostPatience:
		return fmt.Errorf("--etcd-patience takes up to %v, not %v", mostPatience, e.Patience)
	}
	return nil
}

// endpoints returns the members as addresses with a scheme.
func (e EtcdOptions) endpoints() (all []string) {
	for _, endpoint := range e.Endpoints {
		switch endpoint = strings.TrimSpace(endpoint); {
		case endpoint == "":
			continue
		case strings.Contains(endpoint, "://"):
		case e.wantsTLS() || !e.Insecure:
			endpoint = "https://" + endpoint
		default:
			endpoint = "http://" + endpoint
		}
		all = append(all, strings.TrimSuffix(endpoint, "/"))
	}
	return all
}

func (e EtcdOptions) wantsTLS() bool { return e.CA != "" || e.Cert != "" }

// prefix returns what keys begin with, which ends with a slash.
func (e EtcdOptions) prefix() string {
	if e.Prefix == "" {
		return "/tokenscale/"
	}
	return strings.TrimSuffix(e.Prefix, "/") + "/"
}

// Node returns the name of this node.
func (e EtcdOptions) Node() (string, error) {
	if e.NodeName != "" {
		return e.NodeName, nil
	}
	name, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("this host tells no name, so set --node-name: %w", err)
	}
	return name, nil
}
