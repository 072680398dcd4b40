//go:build bench

package main

import (
	"bufio"
	"context"
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

// A node is a process of the real program.
type node struct {
	cmd   *exec.Cmd
	read  chan struct{} // closed when it has nothing more to say
	url   string
	ready time.Duration // from its start to the first answer that it is ready
}

// settings are those by which the i-th node uses the store.
func (b *bench) nodeSettings(i int) []string {
	return []string{
		"--store", "etcd", "--etcd-endpoints", strings.Join(b.members.endpoints, ","), "--node-name", nodeName(i),
		"--etcd-ca", b.in("ca.pem"), "--etcd-cert", b.in("client.pem"), "--etcd-key", b.in("client.key"),
		"--data", b.in(nodeName(i)), "--key-file", b.in(nodeName(i), "keys"), "--listen", "127.0.0.1:0", "--log-level", "error",
	}
}

func nodeName(i int) string { return fmt.Sprint("node-", i+1) }

// startNodes has n nodes run: those that do not yet, or no longer.
func (b *bench) startNodes(n int) error {
	for len(b.nodes) > n {
		last := len(b.nodes) - 1
		b.nodes[last].stop()
		b.nodes = b.nodes[:last]
	}
	for len(b.nodes) < n {
		next, err := b.startNode(len(b.nodes))
		if err != nil {
			return err
		}
		b.nodes = append(b.nodes, next)
	}
	return nil
}

func (b *bench) stopNodes() { _ = b.startNodes(0) }

// child is a process that is asked to stop when ctx is over, and when this one has ended, whatever
// became of it.
func child(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	return cmd
}

// startNode starts the i-th node and returns when it is ready.
func (b *bench) startNode(i int) (*node, error) {
	hash, err := os.ReadFile(b.in("root.hash"))
	if err != nil {
		return nil, err
	}
	if err := b.giveKeys(nodeName(i)); err != nil {
		return nil, err
	}
	args := append(b.nodeSettings(i), "--bootstrap-root-token-hashed", string(hash))
	n := &node{cmd: child(b.ctx, b.program(), args...), read: make(chan struct{})}
	out, err := n.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	if err := errors.Join(n.listen(bufio.NewReader(out)), n.wait()); err != nil {
		n.stop()
		return nil, fmt.Errorf("%s: %w", nodeName(i), err)
	}
	n.ready = time.Since(began)
	return n, nil
}

// giveKeys puts the key file, which all nodes have, into the folder of one.
func (b *bench) giveKeys(name string) error {
	keys, err := os.ReadFile(b.in("keys"))
	if err == nil {
		err = os.MkdirAll(b.in(name), 0o700)
	}
	if err == nil {
		err = os.WriteFile(b.in(name, "keys"), keys, 0o600)
	}
	return err
}

// listen reads what the node says until it says where it listens, and then lets it talk: what it
// logs from then on are errors.
func (n *node) listen(out *bufio.Reader) error {
	said := ""
	for n.url == "" {
		line, err := out.ReadString('\n')
		if said += line; err != nil {
			close(n.read)
			return fmt.Errorf("it does not say where it listens, but: %s", said)
		}
		if _, after, ok := strings.Cut(line, "API"); ok {
			n.url = strings.TrimSuffix(strings.TrimSpace(after), "/graphql")
		}
	}
	go func() {
		defer close(n.read)
		_, _ = io.Copy(os.Stderr, out)
	}()
	return nil
}

// wait returns once the node answers.
func (n *node) wait() error {
	for end := time.Now().Add(time.Minute); n.url != "" && time.Now().Before(end); time.Sleep(time.Millisecond) {
		if res, err := http.Get(n.url + "/readyz"); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
	}
	return errors.New("it is not ready")
}

func (n *node) pid() int { return n.cmd.Process.Pid }

// stop asks the node to stop, and waits for its end.
func (n *node) stop() {
	_ = n.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	<-n.read
	_ = n.cmd.Wait()
}

// tick is the unit in which Linux counts the CPU time of others, everywhere.
const tick = 10 * time.Millisecond

// cpu returns what a process has used since it began.
func cpu(pid int) time.Duration {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(text), ") ") // its name may hold anything
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * tick
}

// resident returns the memory of a process that is its own, in bytes.
func resident(pid int) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(text), "RssAnon:")
	kb, _, _ := strings.Cut(rest, "kB")
	n, _ := strconv.ParseInt(strings.TrimSpace(kb), 10, 64)
	return n << 10
}
