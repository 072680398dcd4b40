//go:build bench

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A process is this program in a role of its own; see roles.go.
type process struct {
	role    string
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers chan []byte
	url     string
	ready   time.Duration // from the start to the first answer of /readyz
}

// start runs this program in a role and waits until it is ready. It is killed
// when ctx is over.
func start(ctx context.Context, role, folder string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{role: role, cmd: exec.CommandContext(ctx, self, "-process", role, "-folder", folder), answers: make(chan []byte, 1)}
	p.cmd.Stderr = os.Stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	listening := make(chan string, 1)
	go p.read(out, listening)
	if p.url = <-listening; p.url == "" {
		return nil, errors.Join(fmt.Errorf("the %s does not say where it listens", role), p.cmd.Wait())
	}
	if strings.HasPrefix(p.url, "http") {
		err = p.wait()
	}
	p.ready = time.Since(began)
	return p, err
}

// read hands on what the process prints: where it listens, and its answers.
func (p *process) read(out io.Reader, listening chan<- string) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, after, ok := strings.Cut(lines.Text(), "API"); ok {
			select {
			case listening <- strings.TrimSuffix(strings.TrimSpace(after), "/graphql"):
			default: // it has said so
			}
		}
		if after, ok := strings.CutPrefix(lines.Text(), mark); ok {
			p.answers <- []byte(after)
		}
	}
	close(listening)
	close(p.answers)
}

// wait returns once the process answers.
func (p *process) wait() error {
	for range 10_000 {
		res, err := http.Get(p.url + "/readyz")
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		time.Sleep(time.Millisecond)
	}
	return fmt.Errorf("the %s is not ready", p.role)
}

// ask has the process do something and reads what it answers.
func (p *process) ask(answer any, question ...any) error {
	if _, err := fmt.Fprintln(p.in, question...); err != nil {
		return err
	}
	text, ok := <-p.answers
	if !ok {
		return fmt.Errorf("the %s has ended", p.role)
	}
	return json.Unmarshal(text, answer)
}

func (p *process) stop() {
	if p == nil {
		return
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.cmd.Wait()
	p.in.Close()
}

// memory is what a process holds, in bytes, as the kernel counts it. The peak
// is the most it has held in all since it began.
type memory struct{ total, anonymous, file, peak int64 }

// watch looks at what the process holds, again and again, until it is told to
// stop: then it returns the most.
func (p *process) watch() (stop func() memory) {
	var most memory
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-over:
				tick.Stop()
				return
			case <-tick.C:
				if now := p.resident(); now.total > most.total {
					most = now
				}
			}
		}
	}()
	return func() memory {
		close(over)
		<-ended
		return most
	}
}

// resident returns the memory of the process. What is of a file is shared
// with the kernel's cache of it, which takes it back when others need it.
func (p *process) resident() memory {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	of := map[string]int64{}
	for line := range strings.Lines(string(text)) {
		if name, rest, ok := strings.Cut(line, ":"); ok && strings.Contains(rest, " kB") {
			kb, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			of[name] = kb << 10
		}
	}
	return memory{of["VmRSS"], of["RssAnon"], of["RssFile"], of["VmHWM"]}
}
