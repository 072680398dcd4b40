package faulttest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestAServerStaysWithinTheMemoryItIsGiven runs a server with many tokens and
// many connections in a control group that kills it if it takes more memory
// than it may. It knows the limit from the group alone.
func TestAServerStaysWithinTheMemoryItIsGiven(t *testing.T) {
	tokens, limit, connections := rounds(100_000, 1_000_000), int64(rounds(80, 512))<<20, rounds(2000, 10_000)
	g := newCgroup(t, "memory")
	g.set("memory.limit_in_bytes", limit)
	p := newPlace(t, "")
	secrets := p.seed(t, tokens)
	p.wrap, p.flags = g.wrap(), []string{"--max-connections", fmt.Sprint(connections + 100)}
	began := time.Now()
	s := p.launch(t)
	if !s.listens(2 * time.Minute) {
		t.Fatalf("the server does not start: %v, %d killed\n%s", s.err, g.killed(), s.out)
	}
	started := time.Since(began)
	if !strings.Contains(s.out.String(), "by=\"the container\"") {
		t.Errorf("the server does not know its limit:\n%s", s.out)
	}
	a := p.api(s)
	must(t, a.policy(1))
	connect(t, s, connections)
	_, metrics, err := a.get("/metrics", p.root)
	must(t, err)
	held := gauges{t: t}.figure(connected, metrics)
	var clients sync.WaitGroup
	for c := range 4 {
		clients.Go(func() {
			if err := everything(a, secrets[c*len(secrets)/4:(c+1)*len(secrets)/4]); err != nil {
				t.Errorf("a client is refused: %v", err)
			}
		})
	}
	clients.Wait()
	t.Logf("%d tokens and %d connections at once in %.0f MiB: started in %.1f s, used at most %.0f MiB with the pages of the store, %d killed",
		tokens, held, mib(limit), started.Seconds(), mib(g.get("memory.max_usage_in_bytes")), g.killed())
	if n := g.killed(); n > 0 {
		t.Errorf("%d processes were killed for want of memory", n)
	}
	if code := s.stop(t); code != 0 {
		t.Errorf("the server ended with %d:\n%s", code, s.out)
	}
}

var connected = regexp.MustCompile(`(?m)^tokenscale_connections (\d+)`)

// everything verifies, lists, searches and changes tokens.
func everything(a *api, secrets []string) error {
	for i, secret := range secrets {
		if code, err := a.status("/api/v1/authorize", secret); err != nil || code != 200 {
			return fmt.Errorf("a good token gets %d, %w", code, err)
		}
		var err error
		switch i % 10 {
		case 0:
			_, err = a.do(`{ systemTokens(limit: 50, searchFilter: "fleet-00") { totalResults results { id name } } }`)
		case 1:
			_, err = a.do(`{ systemTokens(skip: 5000, limit: 50) { totalResults results { id name expireAt } } }`)
		case 2:
			_, err = a.create("more")
		case 3:
			err = a.delete(id(secret))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// connect opens connections, from four addresses, that say nothing but half a
// request. The server bears them for five seconds.
func connect(t *testing.T, s *server, n int) {
	t.Helper()
	address := strings.TrimPrefix(s.url, "http://")
	var dialers sync.WaitGroup
	for d := range 8 {
		dialers.Go(func() {
			for i := d; i < n; i += 8 {
				d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, byte(1+i%4), 1)}, Timeout: 10 * time.Second}
				c, err := d.Dial("tcp", address)
				if err == nil {
					t.Cleanup(func() { c.Close() })
					_, err = c.Write([]byte("GET /api/v1/status HTTP/1.1\r\nHost: local"))
				}
				if err != nil {
					t.Errorf("connection %d: %v", i, err)
					return
				}
			}
		})
	}
	dialers.Wait()
}

// seed fills the place with tokens and returns the strings of the first ones.
func (p *place) seed(t *testing.T, tokens int) []string {
	t.Helper()
	seeder := filepath.Join(filepath.Dir(program), "seeder")
	build := exec.Command("go", "build", "-tags", "bench", "-o", seeder, "tokenscale/faulttest/seeder")
	build.Stderr = os.Stderr
	must(t, build.Run())
	make := exec.Command(seeder, p.data, p.keys, fmt.Sprint(tokens), fmt.Sprint(time.Now().UnixMilli()))
	make.Stderr = os.Stderr
	out, err := make.Output()
	must(t, err)
	return strings.Fields(string(out))
}
