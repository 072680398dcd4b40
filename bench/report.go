//go:build bench

package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
)

func (l load) String() string {
	return fmt.Sprintf("%s/s, p50 %v, p99 %v", number(int(l.rate)), round(l.p50), round(l.p99))
}

func round(d time.Duration) time.Duration {
	if d > 10*time.Millisecond {
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(time.Microsecond)
}

func number(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func nanos(ns float64) string { return fmt.Sprintf("%.0f ns", ns) }

func mib(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }

// table writes the rows as Markdown.
func table(rows []row) string {
	var b strings.Builder
	b.WriteString("| What | Ours | Reference | Ratio or figure | Wanted | Met |\n|---|---|---|---:|---|---|\n")
	for _, r := range rows {
		reference := r.reference
		if r.against != "" {
			reference += " (" + r.against + ")"
		}
		met := "yes"
		if !r.met {
			met = "**no**"
		}
		figure := ""
		if r.reference != "" {
			figure = fmt.Sprintf("%.2f", r.value)
		}
		ours := r.ours
		if r.detail != "" {
			ours += "; " + r.detail
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", r.name, ours, reference, figure, r.goal, met)
	}
	return b.String()
}

// writePage puts the table between the marks of the page, and leaves the rest
// of the page as people wrote it.
func writePage(path string, b *bench, rows []row) error {
	const begin, end = "<!-- figures -->\n", "<!-- end of figures -->\n"
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(page), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return fmt.Errorf("%s has no place for the figures", path)
	}
	figures := fmt.Sprintf("Measured on %s: %s tokens, %d rounds of %v, median; %s.\n\n%s", time.Now().UTC().Format("2006-01-02 15:04 UTC"), number(b.tokens), b.rounds, b.each, machine(), table(rows))
	return os.WriteFile(path, []byte(before+begin+figures+end+after), 0o644)
}

// machine tells what was measured on, and with what.
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
	revision, _ := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	return fmt.Sprintf("%d cores of %s, shared by server and load; %s; revision %s", runtime.NumCPU(), model, runtime.Version(), strings.TrimSpace(string(revision)))
}
