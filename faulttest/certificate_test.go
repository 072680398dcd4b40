package faulttest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// certified returns a place whose server speaks TLS, with a certificate that
// ends so soon.
func certified(left time.Duration) func(*testing.T) *place {
	return func(t *testing.T) *place {
		t.Helper()
		p := newPlace(t, "")
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		must(t, err)
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(left), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
		cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		must(t, err)
		secret, err := x509.MarshalPKCS8PrivateKey(key)
		must(t, err)
		writePEM(t, p.certFile(), "CERTIFICATE", cert)
		writePEM(t, p.keys+".tls", "PRIVATE KEY", secret)
		p.flags = []string{"--tls-cert", p.certFile(), "--tls-key", p.keys + ".tls"}
		return p
	}
}

func (p *place) certFile() string { return filepath.Join(filepath.Dir(p.keys), "cert.pem") }

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	must(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}

func spoilCertificate(t *testing.T, p *place, _ *server, _ *api) {
	t.Helper()
	must(t, os.WriteFile(p.certFile(), []byte("half a certificate"), 0o600))
}

func leaveAlone(*testing.T, *place, *server, *api) {}
