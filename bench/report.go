//go:build bench

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"tokenscale/bench/load"
)

// number writes n as a whole number, in groups of three digits.
func number(n float64) string {
	text := strconv.FormatFloat(n, 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// table writes the rows as Markdown.
func table(rows []row) string {
	var b strings.Builder
	b.WriteString("| What | Ours | Reference | Ratio | CPU each | p50 | p99 | Allocations |\n|---|---|---|---:|---|---|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join([]string{r.name, r.ours, r.reference, r.ratio, r.cpu, r.p50, r.p99, r.mallocs}, " | "))
	}
	return b.String()
}

// publish puts text between the marks of a name in the page, if that was asked
// for, and leaves the rest of the page as people wrote it.
func (b *bench) publish(name, text string) error {
	if !b.write {
		return nil
	}
	begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->\n"
	path := filepath.Join(b.docs, "performance.md")
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(page), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return fmt.Errorf("%s has no place for the %s", path, name)
	}
	return os.WriteFile(path, []byte(before+begin+text+end+after), 0o644)
}

// heading tells when, on what, and with what was measured, and how late the
// load generator itself is.
func (b *bench) heading(what string) (string, error) {
	const rate = 5000
	own, err := load.Paced(rate, 16, b.each, func() (load.Work, func(), error) {
		return func() error { return nil }, func() {}, nil
	})
	if err != nil {
		return "", err
	}
	synced, err := b.sync()
	if err != nil {
		return "", err
	}
	now := time.Now().UTC().Format("2006-01-02 15:04 UTC")
	return fmt.Sprintf("Measured on %s: %s; rounds: %d, each %v; %s. ", now, what, b.rounds, b.each, machine()) +
		fmt.Sprintf("With nothing to wait for, the load generator's own p50 at %s/s is %s and its p99 %s; the disk syncs 4 KiB in %s.\n\n",
			number(rate), millis(own.P50), millis(own.P99), millis(synced)), nil
}

// sync returns how long the disk of the stores takes to sync a page: what a
// commit waits for at least.
func (b *bench) sync() (time.Duration, error) {
	file, err := os.CreateTemp(b.folder, "sync")
	if err != nil {
		return 0, err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	var took []time.Duration
	for range 50 {
		if _, err := file.Write(make([]byte, 4<<10)); err != nil {
			return 0, err
		}
		began := time.Now()
		if err := file.Sync(); err != nil {
			return 0, err
		}
		took = append(took, time.Since(began))
	}
	return median(took, same), nil
}

func machine() string {
	model := "unknown processor"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	revision, _ := exec.Command("git", "describe", "--always", "--dirty").Output()
	return fmt.Sprintf("%d cores of %s, shared by server and load; %s; revision %s",
		runtime.NumCPU(), model, runtime.Version(), strings.TrimSpace(string(revision)))
}
