package faulttest

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"tokenscale/token"
)

// TestBadCredentialsLockNobodyOutAndAreCountedExactly lets eight attackers, each
// with many addresses, send bad credentials as fast as they can. An honest
// client is let in each time; each refusal is in the metrics and in the audit
// log; and the disk does not fill.
func TestBadCredentialsLockNobodyOutAndAreCountedExactly(t *testing.T) {
	p := newPlace(t, "")
	lines := filepath.Join(t.TempDir(), "audit.json")
	p.flags = []string{"--audit-file", lines}
	s := p.start(t)
	a := p.api(s)
	good, err := a.create("honest")
	must(t, err)
	wrong, err := token.MintFor(token.ID(id(good)), rand.Reader)
	must(t, err)
	_, unknown, err := token.Mint(rand.Reader)
	must(t, err)
	m := mob{Addr: address(s), From: addresses(8 * rounds(4, 16)), Each: 1, Rate: 5000 / rounds(4, 16), For: time.Duration(rounds(3, 30)) * time.Second}
	for _, bad := range []string{wrong.Reveal(), unknown.Reveal(), "nonsense", good[:60]} {
		m.Requests = append(m.Requests, wire("POST", "/graphql", bad, ""), wire("GET", "/api/v1/authorize", bad, ""))
	}
	request := wire("GET", "/api/v1/authorize", good, "")
	accepted := func(status int, _ []byte) bool { return status == http.StatusOK }

	idle := honest(t, s, request, accepted, after(m.For/3))
	before, size := resident(t, s), weight(t, p.data, lines)
	wait, done := m.start(t), make(chan struct{})
	var seen map[int]int
	go func() { seen = wait(); close(done) }()
	flooded := honest(t, s, request, accepted, done)
	refused := seen[http.StatusUnauthorized] + seen[http.StatusTooManyRequests]
	t.Logf("%d refusals in %v (%d a second), of them %d by 429; honest: idle %v; meanwhile %v, %.1f times; memory %.1f to %.1f MiB",
		refused, m.For, int(float64(refused)/m.For.Seconds()), seen[429], idle, flooded,
		float64(flooded.at(99))/float64(idle.at(99)), mib(before), mib(resident(t, s)))
	if len(seen) != 2 || seen[401] == 0 || seen[429] == 0 {
		t.Errorf("the attackers got %v, want 401 and 429 only", seen)
	}
	if counted := metric(t, a, good, `tokenscale_verifications_total{`, `outcome="accepted"`); counted != refused {
		t.Errorf("the metrics count %d refusals, want %d", counted, refused)
	}
	s.stop(t) // the last counts are written
	if counted := countedRefusals(t, lines); counted != refused {
		t.Errorf("the audit log counts %d refusals, want %d", counted, refused)
	}
	grown := weight(t, p.data, lines) - size
	said := int64(len(s.out.String()))
	t.Logf("the store and the audit file grew by %.2f MiB; the log has %.2f MiB", mib(grown), mib(said))
	if grown += said; grown > 10<<20 {
		t.Errorf("the disk got %d bytes more, want at most 10 MiB", grown)
	}
}

// TestAThousandSignInsAtOnceTakeLittleMemory lets a thousand clients sign in, again
// and again, half of them with bad tokens, while another one works.
func TestAThousandSignInsAtOnceTakeLittleMemory(t *testing.T) {
	p := newPlace(t, "")
	s := p.start(t)
	good, err := p.api(s).create("somebody")
	must(t, err)
	request := question(p.root, "{ viewer { id } }")
	ok := func(status int, _ []byte) bool { return status == http.StatusOK }
	m := mob{Addr: address(s), From: addresses(8), Each: 125, For: time.Duration(rounds(3, 30)) * time.Second}
	m.Requests = [][]byte{wire("POST", "/api/v1/session", good, ""), wire("POST", "/api/v1/session", good[:60], "")}
	for i, r := range m.Requests { // a body must have an end
		m.Requests[i] = bytes.Replace(r, []byte("Host:"), []byte("Content-Length: 0\r\nHost:"), 1)
	}
	idle, before := honest(t, s, request, ok, after(time.Second)), resident(t, s)
	wait, done := m.start(t), make(chan struct{})
	var seen map[int]int
	go func() { seen = wait(); close(done) }()
	most, halt := int64(0), make(chan struct{})
	go func() {
		defer close(halt)
		for tick := time.NewTicker(50 * time.Millisecond); ; {
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
				most = max(most, resident(t, s))
			}
		}
	}()
	waited := honest(t, s, request, ok, done)
	<-halt
	t.Logf("1000 clients sign in for %v, the answers by status: %v; honest: idle %v; meanwhile %v; memory %.1f to %.1f MiB", m.For, seen, idle, waited, mib(before), mib(most))
	if seen[http.StatusNoContent] == 0 || seen[401]+seen[429] == 0 || seen[204]+seen[401]+seen[429] != sum(seen) {
		t.Errorf("the answers were %v, want 204, 401 and 429", seen)
	}
	if most-before > 256<<20 {
		t.Errorf("the server became %.1f MiB larger, want at most 256 MiB", mib(most-before))
	}
}

// weight returns how large files and folders are.
func weight(t *testing.T, paths ...string) (sum int64) {
	t.Helper()
	for _, path := range paths {
		must(t, filepath.Walk(path, func(_ string, info os.FileInfo, err error) error {
			if err == nil && info.Mode().IsRegular() {
				sum += info.Size()
			}
			return err
		}))
	}
	return sum
}

// metric sums a metric over all its labels but one.
func metric(t *testing.T, a *api, token, name, but string) (sum int) {
	t.Helper()
	c := caller{addr: strings.TrimPrefix(a.url, "http://")}
	defer c.hangUp()
	status, body, err := c.do(wire("GET", "/metrics", token, ""))
	if err != nil || status != http.StatusOK {
		t.Fatalf("the metrics: %d, %v", status, err)
	}
	for line := range strings.Lines(string(body)) {
		if strings.HasPrefix(line, name) && !strings.Contains(line, but) {
			n, err := strconv.ParseFloat(strings.Fields(line)[len(strings.Fields(line))-1], 64)
			must(t, err)
			sum += int(n)
		}
	}
	return sum
}

// countedRefusals sums the counts of the entries about refused credentials.
func countedRefusals(t *testing.T, lines string) (sum int) {
	t.Helper()
	text, err := os.ReadFile(lines)
	must(t, err)
	for line := range bytes.Lines(text) {
		var e map[string]any
		must(t, json.Unmarshal(line, &e))
		if e["type"] == "authentication.refused" {
			n, err := strconv.Atoi(fmt.Sprint(e["count"]))
			must(t, err)
			sum += n
		}
	}
	return sum
}

// TestHostileDocumentsKeepNobodyOut sends the documents of graph/testdata/hostile
// with a good token, many at a time, while an honest client asks for what it
// always asks for.
func TestHostileDocumentsKeepNobodyOut(t *testing.T) {
	p := newPlace(t, "")
	s := p.start(t)
	attacker, err := p.api(s).create("attacker")
	must(t, err)
	files, err := filepath.Glob("../graph/testdata/hostile/*.graphql")
	must(t, err)
	var requests [][]byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(t, err)
		requests = append(requests, question(attacker, string(text)+" #00000000"))
	}
	request := question(p.root, `{ systemTokens(limit: 50) { totalResults results { id name permissions expireAt } } }`)
	answered := func(status int, body []byte) bool {
		return status == http.StatusOK && bytes.Contains(body, []byte("totalResults")) && !bytes.Contains(body, []byte(`"errors"`))
	}
	for name, m := range map[string]mob{
		"500 a second":  {From: addresses(1), Each: 50, Rate: 500},
		"500 at a time": {From: addresses(1), Each: 500},
	} {
		t.Run(name, func(t *testing.T) {
			m.Addr, m.Requests, m.For = address(s), requests, time.Duration(rounds(2, 20))*time.Second
			idle := honest(t, s, request, answered, after(m.For/2))
			wait, done := m.start(t), make(chan struct{})
			var seen map[int]int
			go func() { seen = wait(); close(done) }()
			flooded := honest(t, s, request, answered, done)
			t.Logf("hostile answers by status: %v in %v; honest: idle %v; meanwhile %v, %.1f times; memory %.1f MiB",
				seen, m.For, idle, flooded, float64(flooded.at(99))/float64(idle.at(99)), mib(resident(t, s)))
			if seen[200] == 0 || seen[200]+seen[429]+seen[503] != sum(seen) {
				t.Errorf("the attackers got %v, want 200, 429 or 503", seen)
			}
		})
	}
}

func sum(seen map[int]int) (n int) {
	for _, count := range seen {
		n += count
	}
	return n
}
