package app

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"tokenscale/platform"
)

// etcdTLS are the files by which the members of etcd and we trust each other. They are read for
// each connection, of which there are few. If they cannot be used any more, those count that could
// be used last, so that a file which is just being replaced keeps nobody away.
type etcdTLS struct {
	files EtcdOptions
	log   *slog.Logger

	mu   sync.Mutex
	last *tls.Config
}

func newEtcdTLS(files EtcdOptions, log *slog.Logger) *etcdTLS {
	return &etcdTLS{files: files, log: log}
}

// settings returns them as they are now.
func (t *etcdTLS) settings() (*tls.Config, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	read, err := t.files.readTLS()
	if err == nil {
		t.last = read
		return read, nil
	}
	if t.last == nil {
		return nil, err
	}
	t.log.Error("the changed certificates for etcd cannot be used; those from before still count", "err", err)
	return t.last, nil
}

func (e EtcdOptions) readTLS() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if e.CA != "" {
		text, err := platform.ReadPlain(e.CA, maxPEM)
		if err != nil {
			return nil, fmt.Errorf("reading --etcd-ca: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("--etcd-ca: there is no certificate in %s", e.CA)
		}
	}
	if e.Cert == "" {
		return config, nil
	}
	pair, err := e.readPair()
	if err != nil {
		return nil, fmt.Errorf("reading --etcd-cert and --etcd-key: %w", err)
	}
	config.Certificates = []tls.Certificate{pair}
	return config, nil
}

// maxPEM is more than any certificates, or a key, need, in bytes.
const maxPEM = 1 << 20

// readPair reads our certificate and its key, which nobody else may have put there.
func (e EtcdOptions) readPair() (pair tls.Certificate, err error) {
	chain, errChain := platform.ReadPlain(e.Cert, maxPEM)
	key, errKey := platform.ReadPlain(e.Key, maxPEM)
	if err := errors.Join(errChain, errKey); err != nil {
		return pair, err
	}
	info, err := os.Stat(e.Key)
	if err != nil {
		return pair, err
	}
	if mode := info.Mode().Perm(); platform.HasModes && mode&0o002 != 0 {
		return pair, fmt.Errorf("%s has the mode %04o, so every user of the machine can change it: chmod o-rwx %s", e.Key, mode, e.Key)
	}
	return tls.X509KeyPair(chain, key)
}
