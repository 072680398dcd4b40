package web

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"tokenscale/platform"
)

// lookEvery is how often, at most, the files of the certificate are looked at.
const lookEvery = time.Second

// A Certificate is read again when its files change, at the next handshake. A
// pair that cannot be read, such as one that is half replaced, leaves the old
// one in use. It is safe for concurrent use.
type Certificate struct {
	cert, key string // paths
	now       func() time.Time
	log       *slog.Logger

	mu     sync.Mutex
	pair   *tls.Certificate
	stamp  string // of the files the pair was read from
	failed string // of the files as they are, if they could not be read, which is logged once
	looked time.Time
}

// suites are those of TLS 1.2 that are offered: with forward secrecy, and with
// encryption that shows every change. TLS 1.3 has no others.
var suites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// LoadCertificate reads a chain of certificates and its private key (PEM) from
// two files, which may be one. It refuses a key that every user may change.
func LoadCertificate(cert, key string, now func() time.Time, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{cert: cert, key: key, now: now, log: log}
	if _, err := c.current(nil); err != nil {
		return nil, err
	}
	return c, nil
}

// config returns the TLS settings of the server: version 1.2 or newer, and no
// weak suites. They are nil if c is.
func (c *Certificate) config() *tls.Config {
	if c == nil {
		return nil
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: suites, GetCertificate: c.current}
}

// current implements tls.Config.GetCertificate.
func (c *Certificate) current(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if c.pair != nil && now.Sub(c.looked) < lookEvery {
		return c.pair, nil
	}
	c.looked = now
	stamp := stampOf(c.cert) + stampOf(c.key)
	if c.pair != nil && stamp == c.stamp {
		c.failed = ""
		return c.pair, nil
	}
	if c.pair != nil && stamp == c.failed {
		return c.pair, nil
	}
	err := c.guarded()
	pair, failed := c.read()
	if err = errors.Join(failed, err); err == nil {
		c.pair, c.stamp, c.failed = &pair, stamp, ""
		return c.pair, nil
	}
	err = fmt.Errorf("reading the TLS certificate: %w", err)
	if c.pair == nil {
		return nil, err
	}
	c.failed = stamp
	c.log.Error("a changed TLS certificate cannot be used; the old one stays", "err", err)
	return c.pair, nil
}

// maxPEM is more than any chain of certificates, or key, needs, in bytes.
const maxPEM = 1 << 20

// read reads the pair from its files.
func (c *Certificate) read() (tls.Certificate, error) {
	chain, errChain := platform.ReadPlain(c.cert, maxPEM)
	key, errKey := platform.ReadPlain(c.key, maxPEM)
	if err := errors.Join(errChain, errKey); err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(chain, key)
}

// guarded refuses a private key that every user may change, and tells, when the
// server starts, of one that every user may read.
func (c *Certificate) guarded() error {
	info, err := os.Stat(c.key)
	if err != nil || !platform.HasModes {
		return nil // reading it will tell
	}
	switch mode := info.Mode().Perm(); {
	case mode&0o002 != 0:
		return fmt.Errorf("%s has the mode %04o, so every user of the machine can change it: chmod o-rwx %s", c.key, mode, c.key)
	case mode&0o004 != 0 && c.pair == nil:
		c.log.Warn("every user of the machine can read the private key of the certificate: chmod o-rwx it", "file", c.key)
	}
	return nil
}

// Renew reads the files again although they look unchanged.
func (c *Certificate) Renew() {
	c.mu.Lock()
	c.stamp, c.failed, c.looked = "", "", time.Time{}
	c.mu.Unlock()
	_, _ = c.current(nil) // what is wrong with them is in the log
}

// stampOf changes whenever the file at path does.
func stampOf(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return "?"
	}
	return fmt.Sprint(info.ModTime().UnixNano(), " ", info.Size(), ";")
}

// A certState says from when until when clients accept what is shown to them,
// and whether the files could be read when they were last looked at.
type certState struct {
	from, to time.Time     // of the whole chain
	life     time.Duration // of the certificate in it that ends first
	stale    bool          // the files are others, and cannot be used
}

// state looks at the files, if nobody has just done so, and at what is shown.
func (c *Certificate) state() certState {
	pair, err := c.current(nil)
	c.mu.Lock()
	defer c.mu.Unlock()
	s := certState{stale: err != nil || c.failed != ""}
	for _, der := range pair.Certificate {
		x, err := x509.ParseCertificate(der)
		if err != nil {
			continue // the first of them was parsed when the pair was read
		}
		if x.NotBefore.After(s.from) {
			s.from = x.NotBefore
		}
		if s.to.IsZero() || x.NotAfter.Before(s.to) {
			s.to, s.life = x.NotAfter, x.NotAfter.Sub(x.NotBefore)
		}
	}
	return s
}
