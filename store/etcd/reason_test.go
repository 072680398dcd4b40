package etcd

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"

	"tokenscale/store"
	"tokenscale/store/storetest"
)

// A signer is an authority for certificates.
type signer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newSigner(t testing.TB) *signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	s := &signer{key: key, cert: &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}}
	der := s.sign(t, s.cert, key)
	s.cert, err = x509.ParseCertificate(der)
	must(t, err)
	return s
}

func (s *signer) sign(t testing.TB, cert *x509.Certificate, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, cert, s.cert, &key.PublicKey, s.key)
	must(t, err)
	return der
}

// pair returns a certificate for loopback and a user.
func (s *signer) pair(t testing.TB, user string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	der := s.sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: user}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// trust returns settings that trust s, with a certificate or without.
func (s *signer) trust(pairs ...tls.Certificate) func() (*tls.Config, error) {
	pool := x509.NewCertPool()
	pool.AddCert(s.cert)
	return func() (*tls.Config, error) { return &tls.Config{RootCAs: pool, Certificates: pairs}, nil }
}

// write writes a pair into files of PEM.
func write(t testing.TB, name string, pair tls.Certificate) (cert, key string) {
	t.Helper()
	cert, key = filepath.Join(t.TempDir(), name+".pem"), filepath.Join(t.TempDir(), name+".key")
	must(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}), 0o600))
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	must(t, err)
	must(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	return cert, key
}

// member starts one member on a port of loopback: with TLS that asks for client certificates if
// there is a signer.
func member(t testing.TB, s *signer) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	client := url.URL{Scheme: "http", Host: ln.Addr().String()}
	must(t, ln.Close())
	peer := url.URL{Scheme: "unix", Host: "localhost:" + client.Port()}
	t.Chdir(t.TempDir()) // the socket lies there
	cfg := embed.NewConfig()
	if s != nil {
		client.Scheme = "https"
		cert, key := write(t, "member", s.pair(t, "member"))
		ca, _ := write(t, "ca", tls.Certificate{Certificate: [][]byte{s.cert.Raw}, PrivateKey: s.key})
		cfg.ClientTLSInfo = transport.TLSInfo{CertFile: cert, KeyFile: key, TrustedCAFile: ca, ClientCertAuth: true}
	}
	cfg.Dir, cfg.LogLevel, cfg.UnsafeNoFsync = t.TempDir(), "fatal", true
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	cfg.InitialCluster = cfg.Name + "=" + peer.String()
	e, err := embed.StartEtcd(cfg)
	must(t, err)
	t.Cleanup(e.Close)
	<-e.Server.ReadyNotify()
	return client.String()
}

// opening returns what one is told who opens the store and gets no answer.
func opening(t testing.TB, o Options) error {
	t.Helper()
	o.Tables, o.Random, o.Now = storetest.Tables, rand.Read, time.Now
	o.Prefix, o.Node, o.Folder = "/reason/", "a", t.TempDir()
	o.Patience, o.Timeout = 300*time.Millisecond, 300*time.Millisecond
	db, err := Open(t.Context(), o)
	if err == nil {
		must(t, db.Close())
	}
	return err
}

func TestWhoCannotUseEtcdIsToldWhy(t *testing.T) {
	ours, others := newSigner(t), newSigner(t)
	secure, plain := member(t, ours), member(t, nil)
	good := ours.trust(ours.pair(t, "tokenscale"))
	tests := []struct {
		name     string
		endpoint string
		tls      func() (*tls.Config, error)
		words    string
	}{
		{"no client certificate", secure, ours.trust(), "a client certificate is wanted, and none was given"},
		{"a client certificate of another authority", secure, ours.trust(others.pair(t, "tokenscale")), "our client certificate is not taken"},
		{"another CA", secure, others.trust(ours.pair(t, "tokenscale")), "was signed by no authority in our CA file"},
		{"plain HTTP against TLS", strings.Replace(secure, "https", "http", 1), nil, "TLS is spoken there, and was not asked for"},
		{"TLS against plain HTTP", strings.Replace(plain, "http", "https", 1), good, "TLS is not spoken there"},
		{"another name than in the certificate", strings.Replace(secure, "127.0.0.1", "localhost", 1), good, "the certificate there cannot be accepted"},
		{"nobody listens", "https://127.0.0.1:1", good, "connections are refused"},
		{"a name that nobody knows", "https://nowhere.invalid:2379", good, "nobody knows the name nowhere.invalid"},
		{"files that cannot be read", secure, func() (*tls.Config, error) { return nil, os.ErrPermission }, "permission denied"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := opening(t, Options{Endpoints: []string{test.endpoint}, TLS: test.tls})
			if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), test.words) || strings.Contains(err.Error(), "deadline") {
				t.Errorf("got: %v\nwant: %s", err, test.words)
			}
		})
	}
	if err := opening(t, Options{Endpoints: []string{secure}, TLS: good}); err != nil {
		t.Errorf("with the right certificates: %v", err)
	}
}

func TestWhoHasNoRightsInEtcdIsToldSo(t *testing.T) {
	s := newSigner(t)
	endpoint := member(t, s)
	allow(t, endpoint, s)
	for user, words := range map[string]string{
		"stranger": "or is not known", "guest": "has no right to read and write below the prefix", "tokenscale": "",
	} {
		err := opening(t, Options{Endpoints: []string{endpoint}, TLS: s.trust(s.pair(t, user))})
		if words == "" && err != nil || words != "" && (err == nil || !strings.Contains(err.Error(), words)) {
			t.Errorf("%s: got %v, want %q", user, err, words)
		}
	}
}

// allow turns on users in etcd: tokenscale may use the prefix, and guest another one.
func allow(t testing.TB, endpoint string, s *signer) {
	t.Helper()
	c, err := connect(Options{Endpoints: []string{endpoint}, TLS: s.trust(s.pair(t, "root"))})
	must(t, err)
	defer c.Close()
	ctx := context.Background()
	for user, prefix := range map[string]string{"root": "/root/", "tokenscale": "/reason/", "guest": "/guest/"} {
		_, err := c.UserAddWithOptions(ctx, user, "", &clientv3.UserAddOptions{NoPassword: true})
		must(t, err)
		_, err = c.RoleAdd(ctx, user)
		must(t, err)
		_, err = c.RoleGrantPermission(ctx, user, prefix, clientv3.GetPrefixRangeEnd(prefix), clientv3.PermissionType(clientv3.PermReadWrite))
		must(t, err)
		_, err = c.UserGrantRole(ctx, user, user)
		must(t, err)
	}
	_, err = c.AuthEnable(ctx)
	must(t, err)
}

func TestWithoutAQuorumOneIsToldSo(t *testing.T) {
	c := startCluster(t, 3)
	c.stop(1, 2)
	err := opening(t, Options{Endpoints: c.endpoints})
	for _, words := range []string{"etcd has no quorum", c.endpoints[0]} {
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("got %v, want %q", err, words)
		}
	}
}

// New certificates count from the next connection on.
func TestEachConnectionAsksForItsCertificatesAnew(t *testing.T) {
	s := newSigner(t)
	endpoint := member(t, s)
	var asked atomic.Int64
	good := s.trust(s.pair(t, "tokenscale"))
	settings := func() (*tls.Config, error) { asked.Add(1); return good() }
	for connections := range int64(2) {
		c, err := connect(Options{Endpoints: []string{endpoint}, TLS: settings})
		must(t, err)
		if _, err := c.Get(t.Context(), "x"); err != nil {
			t.Error(err)
		}
		must(t, c.Close())
		if n := asked.Load(); n <= connections {
			t.Errorf("after %d connections the certificates were asked for %d times", connections+1, n)
		}
	}
}
