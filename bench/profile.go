//go:build bench

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
)

// A profiler takes a CPU profile of its own process, from beginning to end, in pieces.
type profiler struct{ piece bytes.Buffer }

func profileFromNow() (*profiler, error) {
	p := new(profiler)
	return p, pprof.StartCPUProfile(&p.piece)
}

// answer ends a piece, writes it to the file that is named, and begins the next.
func (p *profiler) answer(words []string) (any, error) {
	if words[0] != "profile" || len(words) != 2 {
		return nil, fmt.Errorf("no question: %q", words)
	}
	pprof.StopCPUProfile()
	err := os.WriteFile(words[1], p.piece.Bytes(), 0o600)
	p.piece.Reset()
	return true, errors.Join(err, pprof.StartCPUProfile(&p.piece))
}

// profiled writes what the large server's time went into since the last call, if that was asked
// for.
func (b *bench) profiled(what string) error {
	if b.profile == "" {
		return nil
	}
	name := strings.NewReplacer(" ", "-", ",", "", "/", "").Replace(what)
	return b.server.ask(new(bool), "profile", filepath.Join(b.profile, name+".pprof"))
}
