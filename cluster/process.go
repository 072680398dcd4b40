package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"time"
)

// patience is how long a process may take to start or to stop.
const patience = 30 * time.Second

// A process is a child of ours that writes into a file.
type process struct {
	cmd   *exec.Cmd
	log   string
	from  int64 // where in the file this run begins
	ended chan struct{}
	err   error // what Wait returned, once ended is closed
}

// launch starts a program. What it writes is appended to the file log.
func launch(log, program string, args ...string) (*process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := out.Stat()
	if err != nil {
		return nil, errors.Join(err, out.Close())
	}
	p := &process{cmd: exec.Command(program, args...), log: log, from: info.Size(), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.SysProcAttr = out, out, ofItsOwn()
	if err := errors.Join(p.cmd.Start(), out.Close()); err != nil {
		return nil, err
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// written returns what this run has written so far.
func (p *process) written() []byte {
	text, err := os.ReadFile(p.log)
	if err != nil || int64(len(text)) < p.from {
		return nil
	}
	return text[p.from:]
}

// find returns what the group in a pattern matches in what was written, or nothing.
func (p *process) find(pattern string) string {
	if m := regexp.MustCompile(pattern).FindSubmatch(p.written()); m != nil {
		return string(m[1])
	}
	return ""
}

// await waits until a pattern is found.
func (p *process) await(ctx context.Context, pattern string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if found := p.find(pattern); found != "" {
			return found, nil
		}
		select {
		case <-p.ended:
			return "", fmt.Errorf("it ended (%w) and wrote:\n%s", p.err, bytes.TrimSpace(p.written()))
		case <-ctx.Done():
			return "", fmt.Errorf("it is not ready (%w) and wrote:\n%s", ctx.Err(), bytes.TrimSpace(p.written()))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// ask asks the process to stop.
func (p *process) ask() { _ = p.cmd.Process.Signal(syscall.SIGTERM) } // it may have ended

// wait waits for its end, and kills it if that takes too long.
func (p *process) wait() error {
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.kill()
		return fmt.Errorf("process %d did not stop and was killed; see %s", p.pid(), p.log)
	}
	return nil
}

// kill ends the process at once, as a crash does.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}
