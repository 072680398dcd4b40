package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A result is what became of a mutant.
type result int

const (
	noMutant result = iota // it does not compile, so it is none
	killed
	timedOut // which is killed too
	survived
	results_
)

// A bench tries the mutants of one package.
type bench struct {
	folder  string // of the package, absolute
	scratch string
	flags   []string // of the test binary
}

// timeout is far more than the tests of a package need.
const timeout = "20s"

// newBench makes sure that the tests pass as things are.
func newBench(ctx context.Context, pkg string) (*bench, error) {
	folder, err := filepath.Abs(pkg)
	if err != nil {
		return nil, err
	}
	scratch, err := os.MkdirTemp("", "mutation")
	if err != nil {
		return nil, err
	}
	b := &bench{folder: folder, scratch: scratch, flags: []string{"-test.short", "-test.failfast", "-test.timeout=" + timeout}}
	binary := filepath.Join(scratch, "original")
	if out, err := b.command(ctx, "go", "test", "-c", "-o", binary, ".").CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w\n%s", pkg, err, out), b.close())
	}
	// The same chances for each mutant, no long search for the shortest
	// example, and no file for it.
	rapid := []string{"-rapid.seed=1", "-rapid.nofailfile", "-rapid.shrinktime=0"}
	if b.command(ctx, binary, append(rapid, "-test.run=^$")...).Run() == nil {
		b.flags = append(b.flags, rapid...)
	}
	if out, err := b.command(ctx, binary, b.flags...).CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: its tests fail as it is: %w\n%s", pkg, err, out), b.close())
	}
	return b, nil
}

// close takes the scratch folder away, with all that a mutant left in it.
func (b *bench) close() error { return os.RemoveAll(b.scratch) }

func (b *bench) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = b.folder
	return cmd
}

// try compiles a mutant and runs the tests on it.
func (b *bench) try(ctx context.Context, m mutant) result {
	binary, err := b.build(ctx, m)
	if err != nil {
		return noMutant
	}
	out, err := b.command(ctx, binary, b.flags...).CombinedOutput()
	os.Remove(binary) // they are large, and the folder stays until the end
	switch {
	case err == nil:
		return survived
	case strings.Contains(string(out), "test timed out after "+timeout):
		return timedOut
	}
	return killed
}

// build makes the test binary of a mutant, alone in a folder.
func (b *bench) build(ctx context.Context, m mutant) (string, error) {
	folder, err := os.MkdirTemp(b.scratch, "mutant")
	if err != nil {
		return "", err
	}
	src, err := m.source()
	if err != nil {
		return "", err
	}
	name := filepath.Base(m.file)
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(b.folder, name): filepath.Join(folder, name)}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(folder, name), src, 0o600); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(folder, "overlay.json"), overlay, 0o600); err != nil {
		return "", err
	}
	binary := filepath.Join(folder, "tests")
	return binary, b.command(ctx, "go", "test", "-c", "-vet=off", "-ldflags=-s -w",
		"-overlay", filepath.Join(folder, "overlay.json"), "-o", binary, ".").Run()
}
