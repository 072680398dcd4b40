//go:build bench

// Command bench measures the server against references in the same run, and
// writes what it finds to docs/performance.md.
//
//	go run -tags bench ./bench
//
// It starts itself anew for each role: the server with a million tokens, the
// server with a thousand, and the references, each a process of its own, so
// that the CPU time of each is known. Ours and the reference take turns,
// because the speed of a machine changes from minute to minute.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"time"
)

// settings of a run.
type settings struct {
	tokens  int
	rounds  int
	each    time.Duration // how long one round of one thing lasts
	out     string
	folder  string
	process string // the role of this process; empty for the one that measures
}

func main() {
	log.SetFlags(0)
	var s settings
	flag.IntVar(&s.tokens, "tokens", 1_000_000, "tokens of the large server")
	flag.IntVar(&s.rounds, "rounds", 5, "rounds of each measurement")
	flag.DurationVar(&s.each, "each", 2*time.Second, "how long one round lasts")
	flag.StringVar(&s.out, "out", "docs/performance.md", "the page to write")
	flag.StringVar(&s.folder, "folder", "", "where the stores are; a temporary folder if empty")
	flag.StringVar(&s.process, "process", "", "for the bench itself: the role of this process")
	flag.Parse()
	if err := run(s); err != nil {
		log.Fatal("bench: ", err)
	}
}

func run(s settings) error {
	switch s.process {
	case "server":
		return serveOurs(s.folder)
	case "reference":
		return serveReference(s.folder)
	}
	folder, err := os.MkdirTemp(s.folder, "tokenscale-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	began := time.Now()
	b := &bench{settings: s, folder: folder}
	defer b.stop()
	if err := b.prepare(); err != nil {
		return err
	}
	rows, err := b.measure()
	if err != nil {
		return err
	}
	fmt.Print(table(rows))
	log.Printf("took %s", time.Since(began).Round(time.Second))
	return writePage(s.out, b, rows)
}
