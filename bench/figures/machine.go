//go:build bench

package figures

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"tokenscale/bench/load"
)

// Heading tells when, on what, and with what was measured, how late the load generator itself is,
// and how long the disk of a folder takes to sync a page.
func Heading(what string, rounds int, each time.Duration, folder string) (string, error) {
	const rate = 5000
	own, err := load.Paced(rate, 16, each, func() (load.Work, func(), error) {
		return func() error { return nil }, func() {}, nil
	})
	if err != nil {
		return "", err
	}
	synced, err := syncing(folder)
	if err != nil {
		return "", err
	}
	now := time.Now().UTC().Format("2006-01-02 15:04 UTC")
	return fmt.Sprintf("Measured on %s: %s; rounds: %d, each %v; %s. ", now, what, rounds, each, machine()) +
		fmt.Sprintf("With nothing to wait for, the load generator's own p50 at %s/s is %s and its p99 %s; the disk syncs 4 KiB in %s.\n\n",
			Number(rate), Millis(own.P50), Millis(own.P99), Millis(synced)), nil
}

// syncing returns how long the disk of the stores takes to sync a page: what a
// commit waits for at least.
func syncing(folder string) (time.Duration, error) {
	file, err := os.CreateTemp(folder, "sync")
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
	return Median(took, Same), nil
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
