package faulttest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestLoadLeavesNothingBehind has clients do everything for a while. When they
// have gone, the server has as many goroutines and open files as before. With
// SOAK set it takes half an hour, or as long as SOAK_TIME says, and its memory
// must not grow either.
func TestLoadLeavesNothingBehind(t *testing.T) {
	p := newPlace(t, "")
	s := p.start(t)
	must(t, p.api(s).policy(1)) // permissions may be changed
	g := gauges{t, p.api(s), s.cmd.Process.Pid}
	warm := &mixed{api: p.fromAnywhere(s)}
	warm.run(t, time.Second) // files and goroutines that the first requests make stay
	before := g.resting()
	m := &mixed{api: p.fromAnywhere(s)}
	length, every := soakTime(t)
	var samples []usage
	ended := make(chan struct{})
	go func() { defer close(ended); m.run(t, length) }()
	began := time.Now()
	for watching := true; watching; {
		select {
		case <-ended:
			watching = false
		case <-time.After(every):
			v := g.now()
			v.at = time.Since(began)
			samples = append(samples, v)
		}
	}
	after := g.resting()
	for range 4 { // at full load what ends takes longer; what leaks stays
		if after.goroutines <= before.goroutines && after.files <= before.files {
			break
		}
		after = g.resting()
	}
	t.Logf("%d requests in %v; goroutines %d before and %d after, open files %d and %d, memory %.1f and %.1f MiB (%.1f and %.1f MiB with the mapped store)",
		m.sent.Load(), length, before.goroutines, after.goroutines, before.files, after.files, mib(before.memory), mib(after.memory), mib(before.resident), mib(after.resident))
	if after.goroutines > before.goroutines || after.files > before.files {
		t.Errorf("%+v is left of %+v", after, before)
	}
	if !soak() {
		return
	}
	rest := floors(samples[len(samples)/3:]) // after a third the caches are full
	for what, of := range map[string]func(usage) float64{
		"goroutines": func(s usage) float64 { return float64(s.goroutines) },
		"open files": func(s usage) float64 { return float64(s.files) },
		"memory":     func(s usage) float64 { return float64(s.memory) },
		"live heap":  func(s usage) float64 { return float64(s.live) },
	} {
		slope := slopePerTenMinutes(rest, of)
		t.Logf("%s: %+.2f %% in ten minutes, over the last %v, from %v to %v", what, 100*slope, rest[len(rest)-1].at-rest[0].at, of(rest[0]), of(rest[len(rest)-1]))
		if slope > mostGrowth {
			t.Errorf("%s grow", what)
		}
	}
}

// mostGrowth is how much more may be used after ten minutes, as a part. It is
// not nothing: bbolt keeps a list of the free pages, which grows with the file,
// and the file with the audit log, of which nothing is ever taken away.
const mostGrowth = 0.08

func soakTime(t *testing.T) (length, every time.Duration) {
	t.Helper()
	if !soak() {
		return 5 * time.Second, time.Second
	}
	length = 30 * time.Minute
	if text := os.Getenv("SOAK_TIME"); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	return length, time.Second
}

// A usage is what a server uses at one moment.
type usage struct {
	at                time.Duration
	goroutines, files int
	memory, resident  int64 // bytes: its own, and with the pages of files it has mapped
	live              int64 // bytes that the last collection left
}

// floors returns the least that was used in each minute: what is used for a
// request, or waits for the collector, is no leak.
func floors(samples []usage) []usage {
	var all []usage
	for _, s := range samples {
		if n := len(all); n == 0 || all[n-1].at.Truncate(time.Minute) != s.at.Truncate(time.Minute) {
			all = append(all, s)
			continue
		}
		low := &all[len(all)-1]
		low.goroutines, low.files = min(low.goroutines, s.goroutines), min(low.files, s.files)
		low.memory, low.live = min(low.memory, s.memory), min(low.live, s.live)
	}
	return all
}

// slopePerTenMinutes fits a line and returns its growth as a part of the mean.
func slopePerTenMinutes(samples []usage, of func(usage) float64) float64 {
	var n, x, y, xx, xy float64
	for _, s := range samples {
		at, v := s.at.Minutes()/10, of(s)
		n, x, y, xx, xy = n+1, x+at, y+v, xx+at*at, xy+at*v
	}
	return (n*xy - x*y) / (n*xx - x*x) / (y / n)
}

// gauges reads what a server uses.
type gauges struct {
	t   *testing.T
	api *api
	pid int
}

var (
	goroutines = regexp.MustCompile(`(?m)^go_goroutines (\d+)$`)
	nextGC     = regexp.MustCompile(`(?m)^go_memstats_next_gc_bytes (\S+)$`)
	gcPercent  = regexp.MustCompile(`(?m)^go_gc_gogc_percent (\d+)$`)
	ownMemory  = regexp.MustCompile(`(?m)^RssAnon:\s+(\d+) kB$`)
	allMemory  = regexp.MustCompile(`(?m)^VmRSS:\s+(\d+) kB$`)
)

func (g gauges) now() usage {
	g.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", g.pid))
	if err != nil {
		g.t.Skipf("SKIPPED: the system does not tell what a process uses: %v", err)
	}
	// First, so that its own connection is always counted.
	_, metrics, err := g.api.get("/metrics", g.api.root)
	if err != nil {
		g.t.Fatal(err)
	}
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", g.pid))
	if err != nil {
		g.t.Fatal(err)
	}
	return usage{
		goroutines: g.figure(goroutines, metrics), files: len(files),
		live:   int64(g.figure(nextGC, metrics)) * 100 / int64(100+g.figure(gcPercent, metrics)),
		memory: int64(g.figure(ownMemory, string(status))) << 10, resident: int64(g.figure(allMemory, string(status))) << 10,
	}
}

func (g gauges) figure(r *regexp.Regexp, text string) int {
	g.t.Helper()
	m := r.FindStringSubmatch(text)
	if m == nil {
		g.t.Fatalf("there is no %v in %s", r, text)
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		g.t.Fatal(err)
	}
	return int(n)
}

// resting waits until the clients' connections are gone, and returns what is
// used. Of goroutines and files that is the middle of what was counted: some come
// and go, and the runtime counts goroutines while they do, now and then too few.
func (g gauges) resting() usage {
	g.t.Helper()
	var rest usage
	var goroutines, files []int
	for range 21 {
		rest = g.now()
		goroutines, files = append(goroutines, rest.goroutines), append(files, rest.files)
		time.Sleep(100 * time.Millisecond)
	}
	slices.Sort(goroutines)
	slices.Sort(files)
	rest.goroutines, rest.files = goroutines[len(goroutines)/2], files[len(files)/2]
	return rest
}

// fromAnywhere returns an api each connection of which comes from an address of
// its own: who fails too often from one is slowed down.
func (p *place) fromAnywhere(s *server) *api {
	a := p.api(s)
	a.client.Transport = &http.Transport{MaxIdleConnsPerHost: mixedClients, DialContext: func(ctx context.Context, network, to string) (net.Conn, error) {
		from := net.IPv4(127, byte(1+rand.IntN(200)), byte(rand.IntN(250)), byte(1+rand.IntN(250)))
		return (&net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}).DialContext(ctx, network, to)
	}}
	return a
}

// mixed is clients who do everything a client can do, each token only for a
// moment, at a modest rate.
type mixed struct {
	api  *api
	sent atomic.Int64
}

const mixedClients, mixedPause = 4, 25 * time.Millisecond

func (m *mixed) run(t *testing.T, length time.Duration) {
	var clients sync.WaitGroup
	for until := time.Now().Add(length); ; {
		for range mixedClients {
			clients.Go(func() {
				for range 20 {
					if err := m.round(); err != nil {
						t.Errorf("a client is refused: %v", err)
						return
					}
				}
			})
		}
		clients.Wait()
		m.api.client.CloseIdleConnections()
		if t.Failed() || time.Now().After(until) {
			return
		}
	}
}

// round is the life of one token.
func (m *mixed) round() error {
	secret, err := m.api.create("soak")
	steps := []func() error{
		func() error { return m.expect("/api/v1/authorize", secret, http.StatusOK) },
		func() error { return m.expect("/api/v1/health-json", secret, http.StatusOK) },
		func() error {
			return m.expect("/api/v1/authorize", secret[:len(secret)-1]+"?", http.StatusUnauthorized)
		},
		func() error { return m.expect("/", "", http.StatusOK) },
		func() error {
			return m.ask(`{ systemTokens(limit: 50) { totalResults results { id name expireAt } } }`)
		},
		func() error { return m.ask(`{ auditEvents(limit: 20) { totalResults results { id type } } }`) },
		func() error { return m.api.grant(id(secret), true) },
		func() (err error) { secret, err = m.api.rotate(id(secret)); return err },
		func() error { return m.expect("/api/v1/authorize", secret, http.StatusOK) },
		func() error { return m.api.delete(id(secret)) },
		func() error { return m.expect("/api/v1/authorize", secret, http.StatusUnauthorized) },
	}
	for _, step := range steps {
		if err != nil {
			return err
		}
		time.Sleep(mixedPause)
		m.sent.Add(1)
		err = step()
	}
	return err
}

func (m *mixed) ask(query string) error {
	_, err := m.api.do(query)
	return err
}

func (m *mixed) expect(path, secret string, want int) error {
	got, text, err := m.api.get(path, secret)
	if err == nil && got != want {
		err = errors.New(path + ": " + strconv.Itoa(got) + " " + strings.TrimSpace(text))
	}
	return err
}
