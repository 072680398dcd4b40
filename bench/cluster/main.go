//go:build bench

// Command cluster measures nodes that share a store in etcd: three members and three nodes, each a
// process, on this machine, with TLS between them and the settings that docs/cluster.md recommends.
// Load comes over HTTP. It prints what it finds; only with -write it puts the figures into
// docs/performance.md. It needs Linux.
//
//	go run -tags bench ./bench/cluster
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"tokenscale/bench/figures"
)

// settings of a run.
type settings struct {
	tokens      int
	rounds      int
	each        time.Duration // how long one round of one thing lasts
	revocations int
	write       bool
	docs        string
	folder      string
}

func main() {
	log.SetFlags(0)
	var s settings
	flag.IntVar(&s.tokens, "tokens", 100_000, "tokens in the store, at least 1000")
	flag.IntVar(&s.rounds, "rounds", 3, "rounds of each measurement, an odd number")
	flag.DurationVar(&s.each, "each", 2*time.Second, "how long one round lasts")
	flag.IntVar(&s.revocations, "revocations", 200, "revocations of an idle cluster, and as many of a busy one")
	flag.BoolVar(&s.write, "write", false, "put the figures into the documents, in place of those there")
	flag.StringVar(&s.docs, "docs", "docs", "with -write: the folder of performance.md")
	flag.StringVar(&s.folder, "folder", "", "where all is; a temporary folder if empty")
	flag.Parse()
	if err := s.run(); err != nil {
		log.Fatal("bench: ", err)
	}
}

// run measures, and leaves nothing behind, also if it is interrupted.
func (s settings) run() error {
	if s.tokens < 1000 {
		return fmt.Errorf("%d tokens are too few to say anything about a cluster", s.tokens)
	}
	folder, err := os.MkdirTemp(s.folder, "tokenscale-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	began := time.Now()
	b := &bench{settings: s, ctx: ctx, folder: folder}
	err = errors.Join(b.figures(), b.stop())
	if ctx.Err() != nil {
		return errors.New("interrupted; nothing was written")
	}
	log.Printf("took %s", time.Since(began).Round(time.Second))
	return err
}

// figures takes all of them and prints them.
func (b *bench) figures() error {
	for _, part := range []struct {
		name string
		take func() error
	}{
		{"starts the members", b.startMembers},
		{"fills the store with " + figures.Number(float64(b.tokens)) + " tokens", b.fill},
		{"measures starts", b.starts},
		{"measures revocations, idle", b.revokeIdle},
		{"measures deletions of many at once", b.deletions},
		{"measures creates", b.creates},
		{"measures revocations, with 16 writers", b.revokeBusy},
		{"measures changes of policy", b.policies},
		{"measures creates while rows are brought up to date", b.createsMeanwhile},
		{"measures what entries take", b.entries},
	} {
		log.Print(part.name)
		if err := part.take(); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	heading, err := figures.Heading(figures.Number(float64(b.tokens))+" tokens, three members of etcd, three nodes", b.rounds, b.each, b.folder)
	if err != nil {
		return err
	}
	text := heading + b.table() + "\n" + b.goals.Table("a cluster on two cores")
	fmt.Print(text)
	if !b.write {
		return nil
	}
	return figures.Publish(b.docs, b.place(), text)
}

// place is where in the page the figures go: those of a million tokens stand beside the others.
func (b *bench) place() string {
	if b.tokens >= million {
		return "cluster of a million"
	}
	return "cluster"
}

const million = 1_000_000
