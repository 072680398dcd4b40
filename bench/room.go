//go:build bench

package main

import (
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"

	"tokenscale/bench/figures"
	"tokenscale/platform"
)

// What a run takes, generously: memory for each token, while one server starts
// and the names of all are held here; disk for each, with three stores of all
// at the same time; and what it takes without any.
const (
	memoryEach, diskEach   = 2 << 10, 2 << 10
	memoryFirst, diskFirst = 512 << 20, 256 << 20
)

// announce says what measuring with n tokens will take, and refuses if this
// machine does not have it: nobody's machine is to be ground down by a trial.
func (b *bench) announce(n int) error {
	memory, disk := uint64(memoryFirst+memoryEach*n), uint64(diskFirst+diskEach*n)
	held, err := available()
	if err != nil {
		return err
	}
	free, _, err := platform.Space(b.folder)
	if err != nil {
		return err
	}
	log.Printf("loads %s tokens, which takes up to %s of memory (%s available) and %s of disk at %s (%s free)",
		figures.Number(float64(n)), figures.MiB(int64(memory)), figures.MiB(int64(held)), figures.MiB(int64(disk)), b.folder, figures.MiB(int64(free)))
	if memory > held || disk > free {
		return tooMany(n)
	}
	return nil
}

// tooMany tokens for this machine.
type tooMany int

func (n tooMany) Error() string {
	return fmt.Sprintf("this machine cannot take %s tokens; -tokens N and -sizes N,N,… say how many, and -folder which disk",
		figures.Number(float64(n)))
}

// available returns the bytes of memory that the machine has to spare, or that
// its control group allows, if that is less.
func available() (uint64, error) {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), "MemAvailable:")
	kb, _, _ := strings.Cut(rest, "kB")
	spare, err := strconv.ParseUint(strings.TrimSpace(kb), 10, 54)
	if err != nil {
		return 0, fmt.Errorf("/proc/meminfo does not say how much memory is available: %w", err)
	}
	spare <<= 10
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if text, err := os.ReadFile(path); err == nil {
			if limit, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64); err == nil {
				spare = min(spare, limit) // "max" is no number, and no limit
			}
		}
	}
	return spare, nil
}
