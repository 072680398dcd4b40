package faulttest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Answers that are too large to be made, and answers that nobody reads, in a
// control group that kills a server that takes more memory than it may. Each
// attack is tried a second time on a server without budgets, to see that it is
// one.

// boundedAndNot runs an attack on a server as it is built for everybody,
// and on one without budgets.
func boundedAndNot(t *testing.T, run func(t *testing.T, program string, bounded bool)) {
	t.Run("with budgets", func(t *testing.T) { run(t, program, true) })
	t.Run("without, which is the control", func(t *testing.T) {
		without := filepath.Join(t.TempDir(), "tokenscale")
		build := exec.Command("go", "build", "-tags", "unbounded", "-o", without, "tokenscale")
		build.Stderr = os.Stderr
		must(t, build.Run())
		run(t, without, false)
	})
}

func TestLargeAnswersAreRefusedBeforeTheyFillTheMemory(t *testing.T) {
	tokens, filters, limit := rounds(300, 1000), rounds(150, 900), int64(rounds(192, 512))<<20
	p := newPlace(t, "")
	p.stock(t, tokens, filters)
	for name, query := range map[string]string{
		"the text of one filter for each of its tokens": `{ systemTokens(limit: 1000) { results { ipFilter a0: ipFilter a1: ipFilter a2: ipFilter } } }`,
		"all filters":                `{ ipFilters { ipFilter a0: ipFilter a1: ipFilter a2: ipFilter } }`,
		"what was done with filters": `{ a0: auditEvents(limit: 1000) { results { fields { value } } } a1: auditEvents(limit: 1000) { results { fields { value a: value b: value } } } }`,
	} {
		t.Run(name, func(t *testing.T) {
			boundedAndNot(t, func(t *testing.T, program string, bounded bool) {
				g := newCgroup(t, "memory")
				g.set("memory.limit_in_bytes", limit)
				p.wrap, p.program = g.wrap(), program
				s := p.start(t)
				longest, refused := flood(s, question(p.root, query), 8, 4)
				t.Logf("%d tokens, %d filters of 64 KiB, %.0f MiB: 32 questions, %d refused, the longest answer %.1f MiB, used at most %.0f MiB, %d killed",
					tokens, filters, mib(limit), refused, mib(longest), mib(g.get("memory.max_usage_in_bytes")), g.killed())
				if !bounded {
					if g.killed() == 0 && longest <= 8<<20 {
						t.Error("a server without budgets bears it as well, so this shows nothing")
					}
					return
				}
				if g.killed() > 0 || longest > 8<<20 || refused != 32 {
					t.Errorf("want all refused, in answers of less than 8 MiB, by a server that lives:\n%s", s.out)
				}
				if code := s.stop(t); code != 0 {
					t.Errorf("the server ended with %d:\n%s", code, s.out)
				}
			})
		})
	}
}

// stock makes tokens that are bound to one filter, and other filters, all of
// 64 KiB.
func (p *place) stock(t *testing.T, tokens, filters int) {
	t.Helper()
	s := p.start(t)
	a := p.api(s)
	text := "allow all # " + strings.Repeat("x", 64<<10-12)
	made, err := a.do(fmt.Sprintf(`mutation { createIPFilter(input: {name: "bound", ipFilter: %q}) { id } }`, text))
	must(t, err)
	filter := strings.Split(made, `"`)[3]
	var next atomic.Int64
	var makers sync.WaitGroup
	for range 16 {
		makers.Go(func() {
			for n := next.Add(1); n <= int64(tokens+filters); n = next.Add(1) {
				change := fmt.Sprintf(`mutation { createSystemPermissionsToken(input: {name: "t%d", permissions: [], ipFilterId: %q}) }`, n, filter)
				if n > int64(tokens) {
					change = fmt.Sprintf(`mutation { createIPFilter(input: {name: "f%d", ipFilter: %q}) { id } }`, n, text)
				}
				if _, err := a.do(change); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	makers.Wait()
	if code := s.stop(t); code != 0 {
		t.Fatalf("the server ended with %d:\n%s", code, s.out)
	}
}

// flood sends a request n times over each of some connections, and returns how
// long the longest answer was, and how many were refusals.
func flood(s *server, request []byte, connections, n int) (longest, refused int64) {
	var all sync.WaitGroup
	var mu sync.Mutex
	for range connections {
		all.Go(func() {
			c := caller{addr: address(s)}
			defer c.hangUp()
			for range n {
				status, body, err := c.do(request)
				mu.Lock()
				longest = max(longest, int64(len(body)))
				if err == nil && (status == 503 || strings.Contains(string(body), `"RESPONSE_TOO_LARGE"`)) {
					refused++
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return longest, refused
}

// TestAnswersThatNobodyReadsDoNotFillTheMemory asks, with a token that may do
// nothing, for the schema again and again over many connections, and reads no
// byte of the answers. Meanwhile others are served.
func TestAnswersThatNobodyReadsDoNotFillTheMemory(t *testing.T) {
	connections, limit := rounds(400, 3000), int64(rounds(256, 2048))<<20
	boundedAndNot(t, func(t *testing.T, program string, bounded bool) {
		g := newCgroup(t, "memory")
		g.set("memory.limit_in_bytes", limit)
		p := newPlace(t, "")
		p.wrap, p.program = g.wrap(), program
		s := p.start(t)
		weak, err := p.api(s).do(`mutation { createSystemPermissionsToken(input: {name: "weak", permissions: []}) }`)
		must(t, err)
		if _, body, err := (&caller{addr: address(s)}).do(question(weak, wholeSchema(18))); err != nil || len(body) < 500_000 {
			t.Fatalf("the schema is told in %d bytes, %v", len(body), err)
		}
		defer func() {
			t.Logf("%d connections, %.0f MiB: used at most %.0f MiB, %d killed", connections, mib(limit), mib(g.get("memory.max_usage_in_bytes")), g.killed())
		}()
		var crowd sync.WaitGroup
		crowd.Go(func() { ignoreAnswers(t, s, question(weak, wholeSchema(18)), connections) })
		t.Cleanup(crowd.Wait)
		if !bounded {
			select {
			case <-s.ended:
			case <-after(2 * time.Minute): // as long as a slow machine takes to make the answers
			}
			if g.killed() == 0 {
				t.Error("a server without budgets bears it as well, so this shows nothing")
			}
			return
		}
		waited := honest(t, s, question(p.root, `{ viewer { id } }`), func(status int, _ []byte) bool { return status == 200 }, after(time.Duration(rounds(20, 40))*time.Second))
		t.Logf("another token meanwhile: %v", waited)
		if g.killed() > 0 {
			t.Errorf("the server was killed:\n%s", s.out)
		}
	})
}

// ignoreAnswers sends a request over many connections, and again whenever one
// is closed by the server, and reads nothing.
func ignoreAnswers(t *testing.T, s *server, request []byte, connections int) {
	var lines sync.WaitGroup
	for i := range connections {
		lines.Go(func() {
			for !closed(s.ended) && t.Context().Err() == nil {
				ignoreAnswer(t, s, request, net.IPv4(127, 0, byte(1+i%8), 1))
			}
		})
	}
	lines.Wait()
}

func ignoreAnswer(t *testing.T, s *server, request []byte, from net.IP) {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: from}, Timeout: 5 * time.Second}
	conn, err := d.Dial("tcp", address(s))
	if err != nil {
		time.Sleep(100 * time.Millisecond)
		return
	}
	defer conn.Close()
	_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	_, err = conn.Write(request)
	for err == nil && !closed(s.ended) && t.Context().Err() == nil {
		time.Sleep(time.Second)
		_, err = conn.Write([]byte("\r\n")) // which fails when the other end is closed
	}
}

// wholeSchema returns a question about the schema that asks for all types
// under as many names.
func wholeSchema(aliases int) string {
	var b strings.Builder
	b.WriteString("{ __schema { ")
	for i := range aliases {
		fmt.Fprintf(&b, "a%d: types { ...T } ", i)
	}
	b.WriteString("} } fragment T on __Type { kind name description fields { name description type { name } args { name description type { name } } } inputFields { name description } enumValues { name description } }")
	return b.String()
}
