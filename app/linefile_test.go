package app

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tokenscale/authority/ledger"

	"golang.org/x/sys/unix"
)

// lines reads numbers of audit entries from a file until there are want, or
// patience ends, and returns how many different ones came.
func lines(t *testing.T, f *os.File, want int) int {
	t.Helper()
	got := make(chan string, 1000)
	go func() {
		defer close(got)
		for in := bufio.NewScanner(f); in.Scan(); {
			got <- in.Text()
		}
	}()
	seen := map[string]bool{}
	patience := time.After(20 * time.Second)
	for len(seen) < want {
		select {
		case line, ok := <-got:
			if !ok {
				return len(seen)
			}
			if !strings.HasPrefix(line, "{") || !strings.HasSuffix(line, "}") {
				t.Errorf("a line is cut: %q", line)
			}
			seen[line] = true
		case <-patience:
			return len(seen)
		}
	}
	return len(seen)
}

func TestAuditFile_APipeThatNobodyReadsDelaysNobodyAndLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Skipf("SKIPPED: no named pipes here: %v", err)
	}
	r := serving(t, func(o *Options) { o.AuditFile = path })
	began := time.Now()
	for range 20 {
		r.token("nurse", "ReadHealthCheck")
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("20 changes took %v while nobody read the pipe", took)
	}
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NONBLOCK, 0) // a reader that sees no end
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := lines(t, f, 21); got != 21 {
		t.Errorf("%d lines came, want 21", got)
	}
}

func TestAuditFile_AFullDiskDelaysNobodyAndLosesNothing(t *testing.T) {
	folder := t.TempDir()
	if err := unix.Mount("tmpfs", folder, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("SKIPPED: a full disk needs the right to mount one: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(folder, unix.MNT_DETACH) })
	ballast := filepath.Join(folder, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 60<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "audit.log")
	r := serving(t, func(o *Options) { o.AuditFile = path })
	for range 40 {
		r.token(strings.Repeat("n", 200), "ReadHealthCheck")
	}
	time.Sleep(200 * time.Millisecond)
	if _, last := r.sink.state(); last == nil {
		t.Error("the sink says nothing of the full disk")
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	count := 0
	for range 200 {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if count = strings.Count(string(text), "}\n"); count == 41 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("%d lines came when there was space again, want 41", count)
}

// A server that ends while the disk is full leaves half a line. The entry comes
// again after the next start, whole and on a line of its own.
func TestAuditFile_HalfALineOfAnEarlierServerSpoilsNoOther(t *testing.T) {
	for name, before := range map[string]string{"half a line": `{"id":"1","act`, "a whole line": "{}\n", "nothing": ""} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "audit.log")
			if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
				t.Fatal(err)
			}
			r := serving(t, func(o *Options) { o.AuditFile = path })
			r.token("nurse", "ReadHealthCheck")
			r.client.CloseIdleConnections()
			r.stop()
			if err := <-r.stopped; err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			rest, kept := strings.CutPrefix(string(text), before)
			if !kept {
				t.Fatalf("what was there before was changed: %s", text)
			}
			if before != "" && !strings.HasSuffix(before, "\n") {
				rest, kept = strings.CutPrefix(rest, "\n")
			}
			if lines := strings.SplitAfter(rest, "\n"); !kept || len(lines) != 3 {
				t.Fatalf("%d lines came, want 2 and an end:\n%s", len(lines), text)
			}
			for line := range strings.Lines(rest) {
				if !json.Valid([]byte(line)) {
					t.Errorf("a line is cut: %q", line)
				}
			}
		})
	}
}

// What was written to a file that is moved away or cut off may be lost: whoever
// asks for a line to be written is told so.
func TestLineFile_TellsWhatMayBeLost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	for _, c := range []struct {
		name      string
		meanwhile func() error
		want      error  // of the next write
		now       string // what stands in the file after that write was done again
	}{
		{"nothing happens", func() error { return nil }, nil, "1\n2\n"},
		{"it is moved away", func() error { return os.Rename(path, path+".1") }, nil, "2\n"},
		{"it is deleted", func() error { return os.Remove(path) }, nil, "2\n"},
		{"another is moved there", func() error {
			return errors.Join(os.WriteFile(path+".2", []byte("0\n"), 0o600), os.Rename(path+".2", path))
		}, nil, "0\n2\n"},
		{"another ends in half a line", func() error {
			return errors.Join(os.WriteFile(path+".2", []byte("0"), 0o600), os.Rename(path+".2", path))
		}, nil, "0\n2\n"},
		{"it is cut off", func() error { return os.Truncate(path, 0) }, ledger.ErrCut, "2\n"},
		{"it is cut off in a line", func() error { return os.Truncate(path, 1) }, ledger.ErrCut, "1\n2\n"},
		{"it is cut off and then moved", func() error {
			return errors.Join(os.Truncate(path, 0), os.Rename(path, path+".1"))
		}, ledger.ErrCut, "2\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			l, err := openLines(path, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			if _, err := l.Write([]byte("1\n")); err != nil {
				t.Fatal(err)
			}
			if err := c.meanwhile(); err != nil {
				t.Fatal(err)
			}
			_, err = l.Write([]byte("2\n"))
			if !errors.Is(err, c.want) {
				t.Errorf("writing says %v, want %v", err, c.want)
			}
			if err != nil {
				_, err = l.Write([]byte("2\n"))
			}
			if text, _ := os.ReadFile(path); err != nil || string(text) != c.now {
				t.Errorf("the file holds %q, %v; want %q", text, err, c.now)
			}
		})
	}
}

// What is no plain file has no size that could become less.
func TestLineFile_ALineForAPipeIsWrittenOnce(t *testing.T) {
	for _, path := range []string{filepath.Join(t.TempDir(), "pipe"), os.DevNull} {
		if path != os.DevNull {
			if err := unix.Mkfifo(path, 0o600); err != nil {
				t.Skipf("SKIPPED: no named pipes here: %v", err)
			}
		}
		reader, err := os.OpenFile(path, os.O_RDWR|unix.O_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		l, err := openLines(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for range 3 {
			if _, err := l.Write([]byte("{}\n")); err != nil {
				t.Errorf("%s: writing a line says %v", path, err)
			}
			if err := l.Look(); err != nil {
				t.Errorf("%s: a look says %v", path, err)
			}
		}
	}
}

// A file that loses its name between the write and its end is not trusted.
func TestLineFile_ALineInAFileThatIsBeingMovedCountsForNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l, err := openLines(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := l.kept(l.open()); !errors.Is(err, ledger.ErrAgain) {
		t.Errorf("it says %v, want %v", err, ledger.ErrAgain)
	}
}

func TestLineFile_AMissingFolderIsToldUntilItIsThere(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "logs")
	path := filepath.Join(folder, "audit.log")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := openLines(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := &sink{out: l, now: time.Now}
	if err := os.Rename(folder, folder+".gone"); err != nil {
		t.Fatal(err)
	}
	if err := s.Look(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a look says %v", err)
	}
	if _, err := s.state(); err == nil {
		t.Error("health is not told")
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := s.state(); s.Look() != nil || err == nil {
		t.Error("a look does not see that the folder is back")
	}
	if _, err := s.state(); err != nil {
		t.Errorf("health is told %v when all is well", err)
	}
}
