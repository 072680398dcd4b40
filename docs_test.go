package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestTheLinesOfTheDocumentsWork runs what README.md and docs/api.md tell
// people to type, against the real binary. For the "…" that people replace by
// a token string it takes the root token; a refusal ends the script.
func TestTheLinesOfTheDocumentsWork(t *testing.T) {
	s, settings := startServer(t), t.TempDir()
	if err := os.WriteFile(filepath.Join(settings, ".curlrc"), []byte("fail-with-body\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, fence := range map[string]string{"README.md": "\n", "docs/api.md": "sh\n"} {
		t.Run(file, func(t *testing.T) {
			script := "set -eu\n" + strings.Join(commandsIn(t, file, fence), "\n")
			script = strings.NewReplacer("http://127.0.0.1:8080", s.url, "TOKEN='…'", "TOKEN=$ROOT").Replace(script)
			cmd := exec.Command("bash", "-c", script)
			cmd.Env = append(os.Environ(), "ROOT="+s.root, "URL="+s.url, "CURL_HOME="+settings)
			out, err := cmd.CombinedOutput()
			if err != nil || strings.Contains(string(out), `"errors"`) {
				t.Errorf("%v\n%s", err, out)
			}
			if strings.Count(string(out), "\n") < 2 {
				t.Errorf("the lines print next to nothing: %q", out)
			}
		})
	}
}

// A running server, with an empty store at the beginning.
type running struct{ url, root string }

// startServer starts the real binary on a free port and a folder of the test.
func startServer(t *testing.T, flags ...string) running {
	t.Helper()
	folder := t.TempDir()
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	out := &tail{file: log}
	cmd := exec.Command("tokenscale", append([]string{"--listen", "127.0.0.1:0", "--data", filepath.Join(folder, "data")}, flags...)...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server stopped with %v", err)
		}
		log.Close()
	})
	for range 600 {
		if url := out.find(listening); url != "" {
			return running{url, out.find(rootShown)}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the server does not listen")
	return running{}
}

// commandsIn returns the blocks of a document that call the server.
func commandsIn(t *testing.T, file, fence string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, m := range regexp.MustCompile("(?s)```"+fence+"(.*?)\n```").FindAllStringSubmatch(string(text), -1) {
		if strings.Contains(m[1], "curl") || strings.Contains(m[1], "gql") {
			blocks = append(blocks, m[1])
		}
	}
	if len(blocks) < 2 {
		t.Fatalf("%s has %d blocks of commands", file, len(blocks))
	}
	return blocks
}
