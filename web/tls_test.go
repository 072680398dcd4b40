package web

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// writePair writes a certificate for 127.0.0.1 under a name of its own.
func writePair(t *testing.T, folder, name string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "EC PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// servingTLS starts a server with a certificate. It looks at the files at
// every handshake, because its clock runs fast.
func servingTLS(t *testing.T, folder string, change func(*settings)) *running {
	cert, key := writePair(t, folder, "first")
	r := serving(t, func(o *settings) {
		began := time.Now()
		o.TLSCert, o.TLSKey = cert, key
		o.Now = func() time.Time { now := time.Now(); return now.Add(now.Sub(began) * 1000) }
		if change != nil {
			change(o)
		}
	})
	r.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	return r
}

// shown returns the name in the certificate that the server shows.
func (r *running) shown(c *tls.Config) (string, error) {
	c.InsecureSkipVerify = true
	conn, err := tls.Dial("tcp", r.Addr().String(), c)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].Subject.CommonName, nil
}

func TestTLSCertificateIsReadAgainWhenItChanges(t *testing.T) {
	folder := t.TempDir()
	r := servingTLS(t, folder, nil)
	expect := func(want, when string) {
		t.Helper()
		time.Sleep(5 * time.Millisecond) // seconds, by the server's clock
		if got, err := r.shown(&tls.Config{}); err != nil || got != want {
			t.Errorf("%s the certificate is %q, %v; want %q", when, got, err, want)
		}
	}
	expect("first", "at the start")
	writePair(t, folder, "second")
	expect("second", "after a change")
	if err := os.WriteFile(filepath.Join(folder, "key.pem"), []byte("half a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect("second", "after a change that cannot be read")
	expect("second", "and still")
	if n := strings.Count(r.err.String(), "a changed TLS certificate cannot be used"); n != 1 {
		t.Errorf("the log says so %d times, want once", n)
	}
	writePair(t, folder, "third")
	expect("third", "after the next change")
}

func TestTLSRefusesOldVersions(t *testing.T) {
	r := servingTLS(t, t.TempDir(), nil)
	if _, err := r.shown(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is accepted, want it refused")
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		if _, err := r.shown(&tls.Config{MinVersion: version, MaxVersion: version}); err != nil {
			t.Errorf("%s is refused: %v", tls.VersionName(version), err)
		}
	}
}

func TestTLSAnswers(t *testing.T) {
	r := servingTLS(t, t.TempDir(), func(o *settings) { o.Listen = "0.0.0.0:0" })
	r.url = strings.Replace(r.url, "localhost", "127.0.0.1", 1)
	res, _ := r.ask("POST", "/api/v1/session", "", bearer(r.root)...)
	if res.StatusCode != 204 || len(res.Cookies()) != 1 {
		t.Fatalf("got %d %v, want a session", res.StatusCode, res.Header)
	}
	if c := res.Cookies()[0]; !strings.HasPrefix(c.Name, "__Host-tokenscale-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("the cookie is %s", c)
	}
	if res.ProtoMajor != 2 {
		t.Errorf("the answer came by %s, want HTTP/2", res.Proto)
	}
	if res.Header.Get("Strict-Transport-Security") == "" {
		t.Error("the answer does not ask for TLS from now on")
	}
	cookie := res.Cookies()[0]
	res, text := r.ask("POST", "/graphql", `{"query":"{viewer{username}}"}`, "Cookie", cookie.Name+"="+cookie.Value, "X-Requested-By", "tokenscale")
	if res.StatusCode != 200 || !strings.Contains(text, "localroot") {
		t.Errorf("the session got %d %q, want an answer", res.StatusCode, text)
	}
}

// What is refused over HTTP/2 before its body has come ends no connection: other
// requests are on it, and some clients (curl 7.88) then lose the answer.
func TestRefusalsOverHTTP2EndNoConnection(t *testing.T) {
	r := servingTLS(t, t.TempDir(), nil)
	connections := 0
	r.client.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		connections++
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	for range 5 {
		res, text := r.ask("POST", "/graphql", strings.Repeat(" ", 3<<20), bearer(r.root)...)
		if res.ProtoMajor != 2 || res.StatusCode != 413 || !strings.Contains(text, "larger than 1600 KiB") {
			t.Fatalf("got %d over %s: %q", res.StatusCode, res.Proto, text)
		}
		if res, _ := r.ask("BREW", "/graphql", ""); res.StatusCode != 501 {
			t.Fatalf("an odd method got %d", res.StatusCode)
		}
	}
	if connections != 1 {
		t.Errorf("10 requests took %d connections, want 1", connections)
	}
}

// A device has no end, and a pipe may have no beginning.
func TestTLSFilesArePlainFiles(t *testing.T) {
	if _, err := os.Stat("/dev/zero"); err != nil {
		t.Skip(err)
	}
	cert, key := writePair(t, t.TempDir(), "first")
	for _, pair := range [][2]string{{"/dev/zero", key}, {cert, "/dev/null"}, {t.TempDir(), key}} {
		if _, err := LoadCertificate(pair[0], pair[1], time.Now, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "not a plain file") {
			t.Errorf("%v: %v, want it refused as not a plain file", pair, err)
		}
	}
}
