package main

import (
	"crypto"
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
	"os"
	"path/filepath"
	"time"
)

// An authority signs the certificates of one folder. Nobody else trusts it, so they hold for as
// long as anybody may want to look at the folder.
type authority struct {
	folder string
	cert   *x509.Certificate
	key    crypto.Signer
}

var (
	holdsFrom = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	holdsTo   = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)

// openAuthority returns the authority of a folder, or makes it.
func openAuthority(folder string) (*authority, error) {
	a := &authority{folder: folder}
	pair, err := tls.LoadX509KeyPair(a.path(), filepath.Join(folder, "ca.key"))
	if errors.Is(err, os.ErrNotExist) {
		err = a.make()
	} else if err == nil {
		a.cert, a.key = pair.Leaf, pair.PrivateKey.(crypto.Signer)
	}
	return a, err
}

// path is where its own certificate is.
func (a *authority) path() string { return filepath.Join(a.folder, "ca.pem") }

func (a *authority) make() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	a.key = key
	a.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tokenscale cluster"}, NotBefore: holdsFrom, NotAfter: holdsTo,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	return a.write(filepath.Join(a.folder, "ca"), a.cert, key)
}

// issue writes name.pem and name.key, a certificate for loopback and for a user of etcd, unless
// there is one.
func (a *authority) issue(name, user string) error {
	if _, err := os.Stat(name + ".pem"); err == nil {
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return err
	}
	return a.write(name, &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: user}, NotBefore: holdsFrom, NotAfter: holdsTo,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}, DNSNames: []string{"localhost"},
	}, key)
}

// write signs a certificate and writes it with its key.
func (a *authority) write(name string, cert *x509.Certificate, key *ecdsa.PrivateKey) error {
	signed, err := x509.CreateCertificate(rand.Reader, cert, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(name+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600),
		os.WriteFile(name+".pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}), 0o600),
	)
}
