//go:build bench

package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"tokenscale/app"
)

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

// serveOurs runs the server as `tokenscale serve` does, on a free port.
func serveOurs(folder string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if code := app.Run(ctx, []string{"--listen", "127.0.0.1:0", "--data", folder, "--log-level", "error"}, app.Options{
		Now: time.Now, Random: rand.Reader, Stdout: os.Stdout, Stderr: os.Stdout,
	}); code != 0 {
		return fmt.Errorf("the server ended with %d", code)
	}
	return nil
}

// A process is a server in a process of its own.
type process struct {
	cmd   *exec.Cmd
	url   string
	ready time.Duration // from the start to the first answer of /readyz
}

// start runs this program in a role and waits until it answers.
func start(role, folder string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "-process", role, "-folder", folder)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd}
	lines := bufio.NewScanner(out)
	for p.url == "" && lines.Scan() {
		if _, after, ok := strings.Cut(lines.Text(), "API"); ok {
			p.url = strings.TrimSuffix(strings.TrimSpace(after), "/graphql")
		}
	}
	if p.url == "" {
		return nil, errors.Join(fmt.Errorf("the %s does not say where it listens", role), cmd.Wait())
	}
	go io.Copy(io.Discard, out)
	for range 1000 {
		res, err := http.Get(p.url + "/readyz")
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				p.ready = time.Since(began)
				return p, nil
			}
		}
		time.Sleep(time.Millisecond)
	}
	return nil, fmt.Errorf("the %s is not ready", role)
}

func (p *process) stop() {
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.cmd.Wait()
}

// cpu returns the time the process has spent on the processors.
func (p *process) cpu() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(after)
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // USER_HZ is 100
}

// resident returns the memory of the process in bytes.
func (p *process) resident() int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kb << 10
		}
	}
	return 0
}

func calm() { debug.FreeOSMemory() }
