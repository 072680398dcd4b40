//go:build bench

// Command bench measures the server against references in the same run, and
// prints what it finds. Only with -write it puts the figures into
// docs/performance.md, so that a trial run replaces nothing that was published.
// It needs Linux.
//
//	go run -tags bench ./bench            the figures, and which goals are met
//	go run -tags bench ./bench -growth    how cost grows with the tokens
//	go run -tags bench ./bench -fill DIR  a data folder with so many tokens, to look at them
//
// It starts itself anew for each role: the server with many tokens, the server
// with a thousand, and the references, each a process of its own, so that the
// CPU time of each is known.
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
	tokens  int
	rounds  int
	each    time.Duration // how long one round of one thing lasts
	after   time.Duration // how long verification is watched after a change of policy
	growth  bool
	write   bool
	sizes   sizes
	profile string // the folder for profiles; empty for none
	docs    string
	folder  string
	fill    string // the data folder to make, if nothing is to be measured
	process string // the role of this process; empty for the one that measures
}

func main() {
	log.SetFlags(0)
	s := settings{sizes: sizes{1000, 10_000, 100_000, 1_000_000, 5_000_000}}
	flag.IntVar(&s.tokens, "tokens", 200_000, "tokens of the large server, at least 1000")
	flag.IntVar(&s.rounds, "rounds", 5, "rounds of each measurement, an odd number")
	flag.DurationVar(&s.each, "each", 0, "how long one round lasts; 0 means 150ms, and 1s with a million tokens or more")
	flag.DurationVar(&s.after, "after", 0,
		"how long verification is watched after a change of policy; 0 means 5s, and 1m with a million tokens or more")
	flag.BoolVar(&s.growth, "growth", false, "measure at several sizes instead of against references")
	flag.BoolVar(&s.write, "write", false, "put the figures into the documents, in place of those there")
	flag.Var(&s.sizes, "sizes",
		"with -growth: how many tokens, one number after the other, with commas between; those too many for this machine are left out")
	flag.StringVar(&s.profile, "profile", "", "a folder for CPU profiles of the large server, one of each part; not together with -write")
	flag.StringVar(&s.docs, "docs", "docs", "with -write: the folder of performance.md and growth.svg")
	flag.StringVar(&s.folder, "folder", "", "where the stores are; a temporary folder if empty")
	flag.StringVar(&s.fill, "fill", "", "measure nothing, but make this data folder with the tokens in it, and print the string of root")
	flag.StringVar(&s.process, "process", "", "for the bench itself: the role of this process")
	flag.Parse()
	if role := roles[s.process]; role != nil {
		fail(role(s.folder))
		return
	}
	if s.fill != "" {
		fail(s.filled())
		return
	}
	if s.profile != "" && s.write {
		log.Fatal("bench: figures that were taken with a profile are not published; leave -write or -profile out")
	}
	fail(s.thorough().run())
}

func fail(err error) {
	if err != nil {
		log.Fatal("bench: ", err)
	}
}

// thorough fills in how long things last: a first look is over within ninety
// seconds on two cores, and a million tokens are worth some minutes.
func (s settings) thorough() settings {
	each, after := 150*time.Millisecond, 5*time.Second
	if s.growth || s.tokens >= 1_000_000 {
		each, after = time.Second, time.Minute
	}
	if s.each == 0 {
		s.each = each
	}
	if s.after == 0 {
		s.after = after
	}
	return s
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
	if err := take(); ctx.Err() != nil {
		return errors.New("interrupted; nothing was written")
	} else if err != nil {
		return err
	}
	log.Printf("took %s", time.Since(began).Round(time.Second))
	return nil
}

// filled makes a data folder for the real server, and prints what one signs in with.
func (s settings) filled() error {
	b := &bench{settings: s, ctx: context.Background(), folder: s.fill}
	h, err := b.build("", s.tokens, true)
	if err != nil {
		return err
	}
	fmt.Println(h.root)
	return nil
}

// figures measures everything against its reference.
func (b *bench) figures() error {
	if b.tokens < 1000 {
		return fmt.Errorf("%d tokens are too few; a page of the thousand is what others are held against", b.tokens)
	}
	if err := b.announce(b.tokens); err != nil {
		return err
	}
	if err := b.prepare(); err != nil {
		return err
	}
	heading, err := b.heading(figures.Number(float64(b.tokens)) + " tokens")
	if err != nil {
		return err
	}
	if err := b.measure(); err != nil {
		return err
	}
	text := heading + table(b.rows) + "\n" + b.goals.Table("a million tokens")
	fmt.Print(text)
	return b.publish("figures", text)
}
