package faulttest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A mob is a crowd of attackers. It has a process of its own, with a low
// priority, as attackers do not sit on the machine of the server.
type mob struct {
	Addr     string   // of the server
	From     []string // an attacker at each address
	Each     int      // connections of an attacker
	Rate     int      // requests a second of an attacker; 0 for as many as it can
	Requests [][]byte // in turn; 00000000 in one is replaced by a number
	For      time.Duration
}

// runMob is the process of a mob: it reads what to do from in, and writes how
// many answers came, by status, to out.
func runMob(in io.Reader, out io.Writer) int {
	var m mob
	if err := json.NewDecoder(in).Decode(&m); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, 10)
	var all sync.WaitGroup
	var mu sync.Mutex
	sum := map[int]int{}
	end := time.Now().Add(m.For)
	for a, from := range m.From {
		for c := range m.Each {
			all.Go(func() {
				seen := m.attack(from, a*m.Each+c, end)
				mu.Lock()
				defer mu.Unlock()
				for status, n := range seen {
					sum[status] += n
				}
			})
		}
	}
	all.Wait()
	if err := json.NewEncoder(out).Encode(sum); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// attack sends requests over one connection, and over another when it is closed.
func (m mob) attack(from string, number int, end time.Time) map[int]int {
	seen := map[int]int{}
	began, c := time.Now(), caller{addr: m.Addr, from: from}
	defer c.hangUp()
	for n := 0; time.Now().Before(end); n++ {
		if m.Rate > 0 {
			time.Sleep(time.Until(began.Add(time.Duration(n*m.Each) * time.Second / time.Duration(m.Rate))))
		}
		request := m.Requests[(number+n)%len(m.Requests)]
		status, _, _ := c.do(bytes.Replace(request, []byte("00000000"), fmt.Appendf(nil, "%04d%04d", number%10_000, n%10_000), 1))
		seen[status]++ // 0 if there was no answer
	}
	return seen
}

// A caller sends requests over one connection, byte for byte.
type caller struct {
	addr, from string
	conn       net.Conn
	in         *bufio.Reader
}

func (c *caller) hangUp() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

func (c *caller) dial() error {
	d := net.Dialer{Timeout: 10 * time.Second}
	if c.from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(c.from)}
	}
	conn, err := d.Dial("tcp", c.addr)
	if err != nil {
		return err
	}
	c.conn, c.in = conn, bufio.NewReaderSize(conn, 16<<10)
	return nil
}

// do sends one request and returns the status and the body of the answer.
func (c *caller) do(request []byte) (status int, body []byte, err error) {
	if c.conn == nil {
		if err := c.dial(); err != nil {
			return 0, nil, err
		}
	}
	defer func() {
		if err != nil {
			c.hangUp()
		}
	}()
	if err := c.conn.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		return 0, nil, err
	}
	if _, err := c.conn.Write(request); err != nil {
		return 0, nil, err
	}
	length, last, chunks := 0, false, false
	for n := 0; ; n++ {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return 0, nil, err
		}
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch {
		case n == 0:
			if status, err = strconv.Atoi(line[len("HTTP/1.1 "):][:3]); err != nil {
				return 0, nil, err
			}
		case name == "Content-Length":
			length, _ = strconv.Atoi(value)
		case name == "Transfer-Encoding":
			chunks = true
		case name == "Connection":
			last = value == "close"
		case name == "":
			if chunks {
				body, err = io.ReadAll(httputil.NewChunkedReader(c.in))
				length = len("\r\n")
			}
			rest := make([]byte, length)
			if _, failed := io.ReadFull(c.in, rest); err == nil {
				err = failed
			}
			if last {
				c.hangUp()
			}
			return status, append(body, rest...), err
		}
	}
}

// start sends the mob out. The function it returns waits until it is back.
func (m mob) start(t *testing.T) (wait func() map[int]int) {
	t.Helper()
	spec, err := json.Marshal(m)
	must(t, err)
	self, err := os.Executable()
	must(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "FAULTTEST_ROLE=mob")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var out bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(spec), &out, os.Stderr
	must(t, cmd.Start())
	return func() map[int]int {
		t.Helper()
		must(t, cmd.Wait())
		var seen map[int]int
		must(t, json.Unmarshal(out.Bytes(), &seen))
		return seen
	}
}

// addresses returns n addresses of this machine.
func addresses(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("127.%d.%d.%d", 1+i%8, i/250, 1+i%250)
	}
	return list
}

func address(s *server) string { return strings.TrimPrefix(s.url, "http://") }

// wire returns a request as bytes.
func wire(method, path, token, body string) []byte {
	text := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: localhost\r\n", method, path)
	if token != "" {
		text += "Authorization: Bearer " + token + "\r\n"
	}
	if body != "" {
		text += fmt.Sprintf("Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	return []byte(text + "\r\n" + body)
}

// question returns a request to GraphQL.
func question(token, query string) []byte {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		panic(err)
	}
	return wire("POST", "/graphql", token, string(body))
}

// times are how long an honest client waited for its answers.
type times []time.Duration

func (t times) at(percent int) time.Duration {
	if len(t) == 0 {
		return 0
	}
	return t[min(len(t)*percent/100, len(t)-1)]
}

func (t times) String() string {
	return fmt.Sprintf("%d answers, p50 %v, p99 %v", len(t), t.at(50).Round(time.Microsecond), t.at(99).Round(time.Microsecond))
}

// honest sends a request a hundred times a second until done, and fails the
// test unless each is answered as it should be.
func honest(t *testing.T, s *server, request []byte, good func(status int, body []byte) bool, done <-chan struct{}) times {
	t.Helper()
	var waited times
	c := caller{addr: address(s)}
	defer c.hangUp()
	for tick := time.NewTicker(10 * time.Millisecond); ; {
		select {
		case <-done:
			tick.Stop()
			slices.Sort(waited)
			return waited
		case <-tick.C:
		}
		began := time.Now()
		if status, body, err := c.do(request); err != nil || !good(status, body) {
			t.Fatalf("an honest client got %d %.300s, %v, after %d answers and %v", status, body, err, len(waited), time.Since(began))
		}
		waited = append(waited, time.Since(began))
	}
}

func after(d time.Duration) <-chan struct{} {
	done := make(chan struct{})
	time.AfterFunc(d, func() { close(done) })
	return done
}

// resident returns how much memory a process has, in bytes.
func resident(t *testing.T, s *server) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	must(t, err)
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	must(t, err)
	return kib << 10
}
