// Command mutation asks whether the tests of a package would notice a mistake.
// It makes one small mistake in the package at a time (a mutant), and runs the
// package's tests: a mutant that a test fails on is killed, one that all tests
// pass on survives. See `make mutation`.
//
// Survivors are listed in mutation/survivors.txt with the reason why no test
// can tell them from the original, or why none needs to. A survivor that is not
// in the list, a line in the list that did not survive, and a package of which
// less than 95 % are killed, are failures.
//
// The sources are not touched: each mutant is compiled by an overlay.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
)

const enough = 95 // per cent to be killed

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	list := flag.String("survivors", "mutation/survivors.txt", "the `file` of explained survivors")
	only := flag.String("only", "", "try only mutants whose description holds this `text`, and set no goal")
	at := flag.Int("parallel", 2, "how many mutants are tried at a time")
	flag.Parse()
	explained, err := readSurvivors(*list)
	ok := err == nil
	for _, name := range flag.Args() {
		if err == nil {
			var good bool
			good, err = trial{name, *only, *at, explained}.run(ctx, os.Stdout)
			ok = ok && good
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// A trial is what is to be done with one package.
type trial struct {
	pkg       string // its folder
	only      string
	parallel  int
	explained survivors
}

// run tries the mutants of a package, reports, and says whether it is good.
func (t trial) run(ctx context.Context, out io.Writer) (good bool, err error) {
	bench, err := newBench(ctx, t.pkg)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, bench.close()) }()
	mutants, err := mutantsOf(t.pkg)
	if err != nil {
		return false, err
	}
	if t.only != "" {
		mutants = keep(mutants, func(m mutant) bool { return strings.Contains(m.String(), t.only) })
	}
	results := make([]result, len(mutants))
	t.each(len(mutants), func(i int) { results[i] = bench.try(ctx, mutants[i]) })
	if err := ctx.Err(); err != nil {
		return false, err
	}
	return t.report(out, mutants, results), nil
}

// each calls fn for each number below n, some at a time.
func (t trial) each(n int, fn func(int)) {
	next := make(chan int)
	var workers sync.WaitGroup
	for range t.parallel {
		workers.Go(func() {
			for i := range next {
				fn(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
}

// report prints what became of the mutants of the package.
func (t trial) report(out io.Writer, mutants []mutant, results []result) bool {
	var count [results_]int
	lived := map[string]bool{}
	ok := true
	for i, m := range mutants {
		count[results[i]]++
		if results[i] != survived {
			continue
		}
		lived[m.String()] = true
		if t.explained[m.String()] == "" {
			ok = false
			fmt.Fprintf(out, "SURVIVED %s\n", m)
		}
	}
	if t.only == "" {
		ok = t.stale(out, lived) && ok
	}
	tried := len(mutants) - count[noMutant]
	fmt.Fprintf(out, "%s: %d mutants, %d killed (%.1f %%; %d by a time-out), %d survivors; %d changes do not compile\n",
		t.pkg, tried, tried-count[survived], 100*float64(tried-count[survived])/float64(max(tried, 1)),
		count[timedOut], count[survived], count[noMutant])
	return ok && (t.only != "" || 100*(tried-count[survived]) >= enough*tried)
}

// stale tells of explanations that explain nothing.
func (t trial) stale(out io.Writer, lived map[string]bool) bool {
	ok := true
	for name := range t.explained {
		if filepath.Dir(strings.SplitN(name, ":", 2)[0]) == filepath.Clean(t.pkg) && !lived[name] {
			ok = false
			fmt.Fprintf(out, "NO SURVIVOR ANY MORE %s\n", name)
		}
	}
	return ok
}

func keep(all []mutant, fn func(mutant) bool) []mutant {
	var kept []mutant
	for _, m := range all {
		if fn(m) {
			kept = append(kept, m)
		}
	}
	return kept
}
