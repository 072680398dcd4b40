//go:build bench

package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// members are the members of etcd, and the program that started them: cluster, which makes keys
// and certificates as well.
type members struct {
	cmd       *exec.Cmd
	read      chan struct{} // closed when it has nothing more to say
	endpoints []string
	pids      []int
}

// in returns a path in the folder of the cluster.
func (b *bench) in(name ...string) string {
	return filepath.Join(append([]string{b.folder, "cluster"}, name...)...)
}

func (b *bench) program() string { return filepath.Join(b.folder, "tokenscale") }

// startMembers builds the programs, starts three members, and connects to them.
func (b *bench) startMembers() error {
	starter := filepath.Join(b.folder, "starter")
	for program, pkg := range map[string]string{b.program(): "tokenscale", starter: "tokenscale/cluster"} {
		if out, err := exec.CommandContext(b.ctx, "go", "build", "-o", program, pkg).CombinedOutput(); err != nil {
			return fmt.Errorf("building %s: %w\n%s", pkg, err, out)
		}
	}
	cmd := child(b.ctx, starter, "-nodes", "0", "-program", b.program(), "-folder", b.in())
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	b.members = members{cmd: cmd, read: make(chan struct{})}
	if err := b.listen(bufio.NewReader(out)); err != nil {
		return err
	}
	return b.connect()
}

var (
	aMember = regexp.MustCompile(`^  etcd-\d+ +(\S+) +process (\d+)`)
	theRoot = regexp.MustCompile(`^Root token, for all of them: (\S+)`)
)

// listen reads what the starter says until all is there, and then lets it talk.
func (b *bench) listen(out *bufio.Reader) error {
	for {
		line, err := out.ReadString('\n')
		if err != nil {
			close(b.members.read)
			return fmt.Errorf("no members were started: %w", err)
		}
		if m := aMember.FindStringSubmatch(line); m != nil {
			pid, _ := strconv.Atoi(m[2])
			b.members.endpoints, b.members.pids = append(b.members.endpoints, m[1]), append(b.members.pids, pid)
		}
		if m := theRoot.FindStringSubmatch(line); m != nil {
			b.root = m[1]
		}
		if strings.HasPrefix(line, "Ctrl-C") {
			break
		}
	}
	go func() {
		defer close(b.members.read)
		_, _ = io.Copy(io.Discard, out)
	}()
	return nil
}

// connect makes a client of etcd, to ask the members how large they are.
func (b *bench) connect() error {
	cert, err := tls.LoadX509KeyPair(b.in("client.pem"), b.in("client.key"))
	if err != nil {
		return err
	}
	text, err := os.ReadFile(b.in("ca.pem"))
	if err != nil {
		return err
	}
	ca := x509.NewCertPool()
	ca.AppendCertsFromPEM(text)
	b.etcd, err = clientv3.New(clientv3.Config{
		Endpoints: b.members.endpoints, TLS: &tls.Config{Certificates: []tls.Certificate{cert}, RootCAs: ca}, Logger: zap.NewNop(),
	})
	return err
}

func (m members) stop() error {
	if m.cmd == nil {
		return nil
	}
	_ = m.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	<-m.read
	return m.cmd.Wait()
}
