package faulttest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A record is one line of the oracle's list: a change that was acknowledged,
// or one whose outcome is in doubt because the answer did not come.
type record struct {
	Op    string // create, delete, rotate, grant, policy
	ID    string `json:",omitempty"` // the token it was done to
	Token string `json:",omitempty"` // the string that came back
	N     int64  `json:",omitempty"` // of the policy; 1 for a wide grant
	Doubt bool   `json:",omitempty"`
}

// runOracle is the oracle's process. It reads "run URL ROOT" and "stop" from
// in, sends changes between the two, and keeps its list in the file at path.
func runOracle(in io.Reader, out io.Writer, path string) int {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	o := &oracle{list: make(chan entry)}
	go o.keep(f)
	var halt chan struct{}
	var workers sync.WaitGroup
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		switch words := strings.Fields(lines.Text()); words[0] {
		case "run":
			halt = make(chan struct{})
			a := &api{words[1], words[2], &http.Client{
				Timeout: 5 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: oracleWorkers + 1},
			}}
			for range oracleWorkers {
				workers.Go(func() { o.work(a, halt) })
			}
			workers.Go(func() { o.govern(a, halt) })
		case "stop":
			close(halt)
			workers.Wait()
			fmt.Fprintln(out, "stopped")
		}
	}
	return 0
}

const oracleWorkers = 8

// An oracle sends changes.
type oracle struct {
	list chan entry
	saw  func(error) // if not nil, it is told of each error

	mu     sync.Mutex
	tokens []string // ids that can be changed
	next   int64    // policy
}

// entry is a record with somebody who waits until it is on the disk.
type entry struct {
	record
	done chan struct{}
}

// keep writes the list. Records that wait share a sync.
func (o *oracle) keep(f *os.File) {
	for e := range o.list {
		waiting := []entry{e}
		for more := true; more; {
			select {
			case e := <-o.list:
				waiting = append(waiting, e)
			default:
				more = false
			}
		}
		var text []byte
		for _, e := range waiting {
			line, err := json.Marshal(e.record)
			if err != nil {
				panic(err)
			}
			text = append(append(text, line...), '\n')
		}
		if _, err := f.Write(text); err != nil {
			panic(err)
		}
		if err := f.Sync(); err != nil {
			panic(err)
		}
		for _, e := range waiting {
			close(e.done)
		}
	}
}

func (o *oracle) note(r record, err error) {
	if err != nil && o.saw != nil {
		o.saw(err)
	}
	if r.Doubt = err != nil; r.Doubt {
		switch why := err.Error(); {
		case errors.Is(err, syscall.ECONNREFUSED):
			return // nothing was sent
		case strings.Contains(why, "in doubt"):
		default:
			if _, refused := errors.AsType[*refusal](err); refused {
				return // nothing was changed
			}
		}
	}
	e := entry{r, make(chan struct{})}
	o.list <- e
	<-e.done
}

// take returns the id of a token that nobody else is changing.
func (o *oracle) take() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.tokens) == 0 {
		return ""
	}
	i := rand.IntN(len(o.tokens))
	id := o.tokens[i]
	o.tokens[i] = o.tokens[len(o.tokens)-1]
	o.tokens = o.tokens[:len(o.tokens)-1]
	return id
}

func (o *oracle) give(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tokens = append(o.tokens, id)
}

// work makes, deletes, rotates and changes tokens until halt. What failed is
// not touched again.
func (o *oracle) work(a *api, halt chan struct{}) {
	for !closed(halt) {
		victim := ""
		dice := rand.IntN(100)
		if dice >= 45 {
			victim = o.take()
		}
		var err error
		switch {
		case victim == "":
			err = o.create(a)
		case dice < 65:
			err = a.delete(victim)
			o.note(record{Op: "delete", ID: victim}, err)
		case dice < 85:
			var fresh string
			fresh, err = a.rotate(victim)
			o.note(record{Op: "rotate", ID: victim, Token: fresh}, err)
			if err == nil {
				o.give(id(fresh))
			}
		default:
			wide := rand.IntN(2)
			err = a.grant(victim, wide == 1)
			o.note(record{Op: "grant", ID: victim, N: int64(wide)}, err)
			if err == nil {
				o.give(victim)
			}
		}
		if err != nil {
			time.Sleep(2 * time.Millisecond)
		}
	}
}

func (o *oracle) create(a *api) error {
	secret, err := a.create("oracle")
	o.note(record{Op: "create", Token: secret}, err)
	if err == nil {
		o.give(id(secret))
	}
	return err
}

// govern sets the policies now and then.
func (o *oracle) govern(a *api, halt chan struct{}) {
	for !closed(halt) {
		o.next++
		err := a.policy(o.next)
		o.note(record{Op: "policy", N: o.next}, err)
		select {
		case <-halt:
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// A witness is an oracle as its test sees it.
type witness struct {
	in   io.WriteCloser
	out  *bufio.Reader
	list *os.File
}

// newWitness starts an oracle.
func newWitness(t *testing.T) *witness {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/list"
	cmd := exec.Command(self, path)
	cmd.Env = append(os.Environ(), "FAULTTEST_ROLE=oracle")
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.Close()
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the oracle: %v", err)
		}
	})
	return &witness{in: in, out: bufio.NewReader(out), list: f}
}

func (w *witness) run(p *place, s *server) { fmt.Fprintf(w.in, "run %s %s\n", s.url, p.root) }

// stop ends the changes and returns what was noted since the last stop.
func (w *witness) stop(t *testing.T) []record {
	t.Helper()
	fmt.Fprintln(w.in, "stop")
	if line, err := w.out.ReadString('\n'); line != "stopped\n" {
		t.Fatalf("the oracle says %q, %v", line, err)
	}
	text, err := io.ReadAll(w.list)
	if err != nil {
		t.Fatal(err)
	}
	var all []record
	for line := range strings.Lines(string(text)) {
		var r record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, r)
	}
	return all
}
