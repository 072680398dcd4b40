//go:build bench

// Command bench measures the server against references in the same run, and
// writes what it finds to docs/performance.md. It needs Linux.
//
//	go run -tags bench ./bench           the table
//	go run -tags bench ./bench -growth   how cost grows, with a plot
//
// It starts itself anew for each role: the server with a million tokens, the
// server with a thousand, and the references, each a process of its own, so
// that the CPU time of each is known.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// settings of a run.
type settings struct {
	tokens  int
	rounds  int
	each    time.Duration // how long one round of one thing lasts
	used    bool
	growth  bool
	sizes   sizes
	docs    string
	folder  string
	process string // the role of this process; empty for the one that measures
}

func main() {
	log.SetFlags(0)
	s := settings{sizes: sizes{1000, 10_000, 100_000, 1_000_000}}
	flag.IntVar(&s.tokens, "tokens", 1_000_000, "tokens of the large server, at least 1000")
	flag.IntVar(&s.rounds, "rounds", 5, "rounds of each measurement")
	flag.DurationVar(&s.each, "each", 2*time.Second, "how long one round lasts")
	flag.BoolVar(&s.used, "used", false, "let each token have been used once: a row more for each")
	flag.BoolVar(&s.growth, "growth", false, "measure at several sizes instead of against references")
	flag.Var(&s.sizes, "sizes", "with -growth: how many tokens, one number after the other, with commas between")
	flag.StringVar(&s.docs, "docs", "docs", "the folder of performance.md and growth.svg")
	flag.StringVar(&s.folder, "folder", "", "where the stores are; a temporary folder if empty")
	flag.StringVar(&s.process, "process", "", "for the bench itself: the role of this process")
	flag.Parse()
	if role := roles[s.process]; role != nil {
		fail(role(s.folder))
		return
	}
	fail(s.run())
}

func fail(err error) {
	if err != nil {
		log.Fatal("bench: ", err)
	}
}

// run measures, and leaves nothing behind, also if it is interrupted.
func (s settings) run() error {
	folder, err := os.MkdirTemp(s.folder, "tokenscale-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	began := time.Now()
	b := &bench{settings: s, ctx: ctx, folder: folder}
	defer b.stop()
	take := b.figures
	if s.growth {
		take = b.grow
	}
	if err := take(); err != nil {
		return err
	}
	log.Printf("took %s", time.Since(began).Round(time.Second))
	return nil
}

// figures measures everything against its reference.
func (b *bench) figures() error {
	if err := b.prepare(); err != nil {
		return err
	}
	heading, err := b.heading(number(float64(b.tokens)) + " tokens")
	if err != nil {
		return err
	}
	rows, err := b.measure()
	if err != nil {
		return err
	}
	fmt.Print(heading, table(rows))
	return b.write("figures", heading+table(rows))
}
