package web

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The suites of TLS 1.2 that are offered: a fresh key for each connection, and
// encryption that nobody can change. TLS 1.3 has no others.
func TestTLSOffersNoWeakSuite(t *testing.T) {
	for name, write := range map[string]func(*testing.T, string){"ECDSA": func(t *testing.T, folder string) { writePair(t, folder, "first") }, "RSA": writeRSAPair} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			r := servingTLS(t, folder, nil)
			write(t, folder)
			time.Sleep(5 * time.Millisecond) // seconds, by the server's clock
			strong := 0
			for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
				if !slices.Contains(s.SupportedVersions, tls.VersionTLS12) {
					continue
				}
				_, err := r.shown(&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{s.ID}})
				want := strings.HasPrefix(s.Name, "TLS_ECDHE_"+name) && (strings.Contains(s.Name, "_GCM_") || strings.Contains(s.Name, "_POLY1305_"))
				if (err == nil) != want {
					t.Errorf("%s: %v, want it accepted: %v", s.Name, err, want)
				}
				if want {
					strong++
				}
			}
			if strong != 3 {
				t.Errorf("%d suites are offered, want 3", strong)
			}
		})
	}
}

// writeRSAPair is writePair with an RSA key.
func writeRSAPair(t *testing.T, folder string) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "rsa"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)}} {
		if err := os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Clients connect anew, 500 a second, while the certificate is exchanged again
// and again, each time in two files one after the other.
func TestTLSCertificateIsExchangedUnderLoadWithoutAnError(t *testing.T) {
	folder := t.TempDir()
	r := servingTLS(t, folder, nil)
	const requests, exchanges = 750, 15
	done := make(chan struct{})
	seen := map[string]int{}
	var mu sync.Mutex
	var work sync.WaitGroup
	work.Go(func() {
		for n := range exchanges {
			select {
			case <-done:
				return
			case <-time.After(90 * time.Millisecond):
				writePair(t, folder, fmt.Sprint("certificate ", n))
			}
		}
	})
	tick := time.NewTicker(time.Second / 500)
	defer tick.Stop()
	began := time.Now()
	var clients sync.WaitGroup
	for range requests {
		<-tick.C
		clients.Go(func() {
			name, err := r.shown(&tls.Config{})
			mu.Lock()
			defer mu.Unlock()
			if seen[name]++; err != nil {
				t.Errorf("a client was refused: %v", err)
			}
		})
	}
	clients.Wait()
	t.Logf("%d handshakes, %.0f a second, %d certificates", requests, requests/time.Since(began).Seconds(), len(seen))
	close(done)
	work.Wait()
	if len(seen) < 3 {
		t.Errorf("only %d certificates were shown: %v", len(seen), seen)
	}
}
