package faulttest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestLogrotateLosesNoAuditEntry rotates the audit file again and again, with
// the real logrotate in each of its manners, while tokens are made. Each entry
// is in one of the files, as a whole line.
func TestLogrotateLosesNoAuditEntry(t *testing.T) {
	for name, how := range map[string]string{
		"create and compress":  "create 0600\n compress",
		"nocreate":             "nocreate\n compress",
		"delaycompress":        "create\n compress\n delaycompress",
		"copytruncate":         "copytruncate\n compress",
		"a signal after it":    "create 0600\n compress\n postrotate\n kill -HUP SERVER\n endscript",
		"into another folder":  "create 0600\n compress\n olddir old",
		"dated, one at a time": "create 0600\n dateext\n dateformat -%s\n compress",
	} {
		t.Run(name, func(t *testing.T) {
			needRoot(t, "logrotate", "gzip")
			t.Parallel()
			folder := t.TempDir()
			must(t, os.Chmod(folder, 0o755)) // logrotate refuses one that others may write to
			must(t, os.Mkdir(filepath.Join(folder, "old"), 0o755))
			file := filepath.Join(folder, "audit.json")
			p := newPlace(t, "")
			p.flags = []string{"--audit-file", file}
			s := p.start(t)
			rotate := newRotation(t, folder, file, strings.ReplaceAll(how, "SERVER", fmt.Sprint(s.cmd.Process.Pid)))
			made := manyTokens(t, p.api(s), rotate.times(t, rounds(5, 60)))
			if code := s.stop(t); code != 0 {
				t.Fatalf("the server ended with %d:\n%s", code, s.out)
			}
			complete(t, folder, made)
		})
	}
}

// A rotation is one logrotate, with its own state.
type rotation struct{ config, state string }

func newRotation(t *testing.T, folder, file, how string) rotation {
	t.Helper()
	aside := t.TempDir()
	r := rotation{filepath.Join(aside, "conf"), filepath.Join(aside, "state")}
	text := fmt.Sprintf("%s {\n rotate 1000\n missingok\n %s\n}\n", file, strings.ReplaceAll(how, "olddir old", "olddir "+filepath.Join(folder, "old")))
	must(t, os.WriteFile(r.config, []byte(text), 0o644))
	return r
}

// times rotates n times, and closes what it returns then.
func (r rotation) times(t *testing.T, n int) (over chan struct{}) {
	over = make(chan struct{})
	go func() {
		defer close(over)
		for range n {
			time.Sleep(1100 * time.Millisecond) // names are dated by the second
			if out, err := exec.Command("logrotate", "--force", "--state", r.state, r.config).CombinedOutput(); err != nil {
				t.Errorf("logrotate: %v: %s", err, out)
				return
			}
		}
	}()
	return over
}

// manyTokens makes tokens until over, and returns how many entries there are.
func manyTokens(t *testing.T, a *api, over chan struct{}) (made int) {
	t.Helper()
	for {
		select {
		case <-over:
			return made
		default:
		}
		_, err := a.create("token")
		must(t, err)
		made++
	}
}

// complete fails the test unless each entry up to want stands in a file of the
// folder, and nothing but entries does.
func complete(t *testing.T, folder string, want int) {
	t.Helper()
	seen, files := map[string]bool{}, 0
	must(t, filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		for line := range bytes.Lines(unpacked(t, path)) {
			var e struct{ ID json.RawMessage }
			if err := json.Unmarshal(line, &e); err != nil || !bytes.HasSuffix(line, []byte("\n")) {
				t.Errorf("%s holds %q", path, line)
				continue
			}
			seen[strings.Trim(string(e.ID), `"`)] = true
		}
		return nil
	}))
	missing := 0
	for n := 1; n <= want; n++ {
		if !seen[fmt.Sprint(n)] {
			missing++
		}
	}
	if missing > 0 || want == 0 || files < 3 {
		t.Errorf("%d of %d entries are in none of %d files", missing, want, files)
	}
	t.Logf("%d entries in %d files", want, files)
}

// unpacked returns what is in a file, which may be compressed.
func unpacked(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	if !strings.HasSuffix(path, ".gz") {
		return text
	}
	z, err := gzip.NewReader(bytes.NewReader(text))
	must(t, err)
	text, err = io.ReadAll(z)
	must(t, err)
	return text
}

// TestASlowCopytruncateLosesNoAuditEntry makes many entries between the copy and
// the cut, as a slow disk does.
func TestASlowCopytruncateLosesNoAuditEntry(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "audit.json")
	p := newPlace(t, "")
	p.flags = []string{"--audit-file", file}
	s := p.start(t)
	a := p.api(s)
	const each = 20
	for n := range 2 {
		for range each {
			_, err := a.create("token")
			must(t, err)
		}
		if n == 0 {
			written(t, file, each)
		}
		text, err := os.ReadFile(file)
		must(t, err)
		must(t, os.WriteFile(fmt.Sprint(file, ".", n), text[:bytes.LastIndexByte(text, '\n')+1], 0o600))
		for range each {
			_, err := a.create("token")
			must(t, err)
		}
		time.Sleep(200 * time.Millisecond) // they are written out
		must(t, os.Truncate(file, 0))
	}
	if code := s.stop(t); code != 0 {
		t.Fatalf("the server ended with %d:\n%s", code, s.out)
	}
	complete(t, folder, 4*each)
}
