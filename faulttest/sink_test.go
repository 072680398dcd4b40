package faulttest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// written reads the lines of an audit file until all numbers up to the last
// entry are there, each whole.
func written(t *testing.T, path string, want int) {
	t.Helper()
	var seen map[string]bool
	for until := time.Now().Add(40 * time.Second); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		text, err := os.ReadFile(path)
		must(t, err)
		seen = map[string]bool{}
		for line := range bytes.Lines(text) {
			var e struct{ ID json.RawMessage }
			if err := json.Unmarshal(line, &e); err != nil {
				if bytes.HasSuffix(line, []byte("\n")) {
					t.Fatalf("a line is cut: %q", line)
				}
				continue // it is being written
			}
			seen[strings.Trim(string(e.ID), `"`)] = true
		}
		if len(seen) >= want {
			break
		}
	}
	for n := 1; n <= want; n++ {
		if !seen[fmt.Sprint(n)] {
			t.Fatalf("entry %d of %d is missing; %d came", n, want, len(seen))
		}
	}
}

// TestAStoppedReaderOfTheAuditPipeDelaysNobodyAndLosesNothing stops the reader of
// the pipe, so that it fills. Changes go on; when the reader goes on it gets all.
func TestAStoppedReaderOfTheAuditPipeDelaysNobodyAndLosesNothing(t *testing.T) {
	need(t, "cat")
	pipe, kept := filepath.Join(t.TempDir(), "pipe"), filepath.Join(t.TempDir(), "kept")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("SKIPPED: no named pipes here: %v", err)
	}
	out, err := os.Create(kept)
	must(t, err)
	defer out.Close()
	cat := exec.Command("cat", pipe)
	cat.Stdout = out
	cat.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(t, cat.Start())
	defer func() { _ = cat.Process.Kill(); _ = cat.Wait() }()

	p := newPlace(t, "")
	p.flags = []string{"--audit-file", pipe}
	s := p.start(t)
	a := p.api(s)
	_, err = a.create("before")
	must(t, err)
	written(t, kept, 1)
	must(t, cat.Process.Signal(syscall.SIGSTOP))
	const changes = 400 // of more than 300 bytes each; a pipe holds 64 KiB
	secret := ""
	for range changes {
		secret, err = a.create(strings.Repeat("n", 250))
		must(t, err)
	}
	if !a.accepts(t, secret) {
		t.Error("a new token is not accepted while the pipe is full")
	}
	if info, err := os.Stat(kept); err != nil || info.Size() > 10_000 {
		t.Fatalf("the reader was not stopped: %v, %v", info, err)
	}
	must(t, cat.Process.Signal(syscall.SIGCONT))
	written(t, kept, 1+changes)
}

// TestAFailingAuditFileDelaysNobodyAndLosesNothing makes writes to the audit file
// fail with EIO for a while. It is not the store: changes go on, and what is
// missing comes when the file can be written again.
func TestAFailingAuditFileDelaysNobodyAndLosesNothing(t *testing.T) {
	need(t, "strace")
	p := newPlace(t, "")
	file := filepath.Join(t.TempDir(), "audit.json")
	p.flags = []string{"--audit-file", file}
	s := p.start(t)
	a := p.api(s)
	create := func(n int) {
		t.Helper()
		for range n {
			_, err := a.create("token")
			must(t, err)
		}
	}
	create(10)
	written(t, file, 10)
	heal := inject(t, s, "write", "write:error=EIO", "-P", file)
	allTraced(t, s)
	create(50)
	for until := time.Now().Add(20 * time.Second); !strings.Contains(s.out.String(), "input/output error"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("the log does not tell that the file failed; did it?\n%s", s.out)
		}
	}
	if text, err := os.ReadFile(file); err != nil || bytes.Count(text, []byte("\n")) >= 60 {
		t.Fatalf("the file did not fail: %d lines, %v", bytes.Count(text, []byte("\n")), err)
	}
	heal()
	written(t, file, 60)
}

// TestAReadOnlyAuditFileStopsTheStart mounts the folder of the audit file
// read-only: a server that could not write it says so and does not start.
func TestAReadOnlyAuditFileStopsTheStart(t *testing.T) {
	needRoot(t)
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, "audit.json"), nil, 0o600))
	if err := unix.Mount(folder, folder, "", unix.MS_BIND, ""); err != nil {
		t.Skipf("SKIPPED: nothing can be mounted here: %v", err)
	}
	t.Cleanup(func() { must(t, unix.Unmount(folder, unix.MNT_DETACH)) })
	must(t, unix.Mount("", folder, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""))
	p := newPlace(t, "")
	p.flags = []string{"--audit-file", filepath.Join(folder, "audit.json")}
	s := p.launch(t)
	if s.listens(10 * time.Second) {
		t.Fatal("a server starts that cannot write its audit file")
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(s.out.String(), "opening the audit file") || !strings.Contains(s.out.String(), "read-only") {
		t.Errorf("it ended with %d:\n%s", code, s.out)
	}
}

// TestWhoReadsTheOutputMayGoWithoutTheServer ends whatever reads what the
// server prints: the log, and the audit lines with them. It goes on.
func TestWhoReadsTheOutputMayGoWithoutTheServer(t *testing.T) {
	reader, writer, err := os.Pipe()
	must(t, err)
	p := newPlace(t, "")
	cmd := p.command("--listen", "127.0.0.1:0", "--audit-file", "-")
	cmd.Stdout, cmd.Stderr = writer, writer
	must(t, cmd.Start())
	s := &server{cmd: cmd, out: &output{}, ended: make(chan struct{})}
	go func() { s.err = cmd.Wait(); close(s.ended) }()
	t.Cleanup(s.kill)
	must(t, writer.Close())
	for lines := bufio.NewScanner(reader); s.url == "" && lines.Scan(); {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			s.url = m[1]
		}
	}
	must(t, reader.Close())
	a := p.api(s)
	secret := ""
	for range 3 { // each writes to the log, and an audit line
		if secret, err = a.create("token"); err != nil {
			t.Fatalf("nothing is answered any more: %v", err)
		}
	}
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		_, health, err := a.get("/api/v1/health", p.root)
		must(t, err)
		if strings.Contains(health, "audit [WARN]") {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("health does not tell that audit lines are lost:\n%s", health)
		}
	}
	if !a.accepts(t, secret) {
		t.Error("a token is not accepted any more")
	}
	if code := s.stop(t); code != 1 {
		t.Errorf("it ended with %d, want 1: audit lines were left over", code)
	}
}
