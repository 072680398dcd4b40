package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestProxies runs the configurations of docs/proxies.md, as they stand there
// but for addresses, ports and the paths of files, and attacks them.
func TestProxies(t *testing.T) {
	documented := filesOf(t, "docs/proxies.md")
	if text, _ := os.ReadFile("docs/proxies.md"); !strings.Contains(string(text), "--listen 127.0.0.1:8080 "+strings.Join(behindProxies, " ")) {
		t.Errorf("the document starts the server in another way than %v", behindProxies)
	}
	for _, p := range []struct {
		name, binary string
		files        []string // what it reads
		args         []string
	}{
		{"nginx", "nginx", []string{"tokenscale.conf", "orders.conf"}, []string{"-p", "{FOLDER}", "-c", "{FOLDER}/nginx.conf", "-e", "stderr"}},
		{"Caddy", "caddy", []string{"Caddyfile"}, []string{"run", "--adapter", "caddyfile", "--config", "{FOLDER}/Caddyfile"}},
		{"HAProxy", "haproxy", []string{"haproxy.cfg", "tokenscale.lua"}, []string{"-db", "-f", "{FOLDER}/haproxy.cfg"}},
	} {
		t.Run(p.name, func(t *testing.T) {
			program, err := exec.LookPath(p.binary)
			if program == "" {
				program, err = exec.LookPath("/usr/sbin/" + p.binary)
			}
			if err != nil {
				t.Skipf("SKIPPED: %s is not installed", p.binary)
			}
			site := &proxied{t: t, server: startServer(t, behindProxies...), orders: startOrders(t)}
			site.start(p.name, program, p.args, p.files, documented)
			site.attack()

			alone := &proxied{t: t, server: running{url: "http://127.0.0.1:1"}, orders: site.orders}
			alone.start(p.name, program, p.args, p.files, documented)
			reached := site.orders.count()
			res, _ := alone.raw(atOrders, "GET", "/", "", bearerLine(site.server.root))
			if res.StatusCode < 500 || site.orders.count() != reached {
				t.Errorf("without an answer about the caller it answers %d, and %d requests reach the service", res.StatusCode, site.orders.count()-reached)
			}
		})
	}
}

// behindProxies is how the document starts the server.
var behindProxies = []string{"--trusted-proxies", "127.0.0.1", "--allowed-hosts", "tokens.example.org,orders.example.org"}

// start starts a proxy with its files on a port of its own.
func (p *proxied) start(name, program string, args, files []string, documented map[string]string) {
	p.t.Helper()
	p.folder = p.t.TempDir()
	p.certificate()
	for tries := 0; ; tries++ {
		p.port = freePort(p.t)
		p.write("nginx.conf", wrapping)
		for _, file := range files {
			text, ok := documented[file]
			if !ok {
				p.t.Fatalf("docs/proxies.md has no %s", file)
			}
			p.write(file, text)
		}
		said := p.run(program, args)
		if said == "" {
			return
		}
		// Somebody else may have taken the port in the meantime.
		if tries == 9 || !strings.Contains(said, "ddress already in use") {
			p.t.Fatalf("%s ended:\n%s", name, said)
		}
	}
}

// wrapping is what Debian has around /etc/nginx/conf.d, for a folder of its own.
const wrapping = `daemon off; pid {FOLDER}/pid; worker_processes 1; {USER} error_log stderr warn;
events {}
http {
  access_log off;
  client_body_temp_path {FOLDER}/a; proxy_temp_path {FOLDER}/b; fastcgi_temp_path {FOLDER}/c; uwsgi_temp_path {FOLDER}/d; scgi_temp_path {FOLDER}/e;
  include tokenscale.conf;
}
`

// filesOf returns the files that stand in a document. Each begins with a comment
// that is its name.
func filesOf(t *testing.T, document string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, m := range regexp.MustCompile("(?s)```[a-z]+\n((?:#|--) (\\S+)\n.*?)```").FindAllStringSubmatch(string(text), -1) {
		files[m[2]] = m[1]
	}
	return files
}

// proxied is a proxy with the server and another service behind it.
type proxied struct {
	t      *testing.T
	server running
	orders *orders
	folder string
	port   string // where the proxy listens
}

func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	return port
}

// write puts a file of the document into the folder, with the addresses and
// paths of this test.
func (p *proxied) write(name, text string) {
	p.t.Helper()
	text = strings.NewReplacer(
		// HAProxy must look soon, or the test is over; and not once only, as the machine may be
		// busy.
		"127.0.0.1:8080 check", strings.TrimPrefix(p.server.url, "http://")+" check inter 100ms fall 5",
		"127.0.0.1:8080", strings.TrimPrefix(p.server.url, "http://"),
		"127.0.0.1:3000", p.orders.address,
		"listen 443", "listen 127.0.0.1:"+p.port, "bind :443", "bind 127.0.0.1:"+p.port, "https_port 443", "https_port "+p.port, "http_port 80", "http_port "+freePort(p.t),
		"/etc/ssl/example.org.pem", filepath.Join(p.folder, "example.org.pem"),
		"/etc/haproxy/tokenscale.lua", filepath.Join(p.folder, "tokenscale.lua"),
		// nginx must run as root where the folder is root's.
		"{FOLDER}", p.folder, "{USER}", map[bool]string{true: "user root;"}[os.Getuid() == 0],
	).Replace(text)
	if err := os.WriteFile(filepath.Join(p.folder, name), []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// certificate writes a certificate and its key into one file.
func (p *proxied) certificate() {
	p.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"*.example.org"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		p.t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		p.t.Fatal(err)
	}
	both := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...)
	if err := os.WriteFile(filepath.Join(p.folder, "example.org.pem"), both, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// run starts the proxy and waits until it listens. If it ends instead, run
// returns what it said.
func (p *proxied) run(program string, args []string) string {
	p.t.Helper()
	var filled []string
	for _, arg := range args {
		filled = append(filled, strings.ReplaceAll(arg, "{FOLDER}", p.folder))
	}
	var said bytes.Buffer
	cmd := exec.Command(program, filled...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.folder, &said, &said
	cmd.Env = append(os.Environ(), "HOME="+p.folder, "XDG_DATA_HOME="+p.folder, "XDG_CONFIG_HOME="+p.folder)
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	p.t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			cmd.Process.Kill()
			<-ended
		}
		if p.t.Failed() {
			p.t.Logf("%s says:\n%s", program, &said)
		}
	})
	for range 400 {
		conn, err := tls.Dial("tcp", "127.0.0.1:"+p.port, &tls.Config{InsecureSkipVerify: true, ServerName: "orders.example.org"})
		if err == nil {
			conn.Close()
			return ""
		}
		select {
		case <-ended:
			return said.String()
		case <-time.After(25 * time.Millisecond):
		}
	}
	p.t.Fatal(program, "does not listen")
	return ""
}
