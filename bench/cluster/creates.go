//go:build bench

package main

import (
	"fmt"
	"sync/atomic"
	"time"

	"tokenscale/bench/figures"
	"tokenscale/bench/load"
)

const createToken = `mutation { createSystemToken(input: {name: "bench", permissions: [ReadHealthCheck]}) { token } }`

// callers are how many create at once.
var callers = []int{1, 16, 64}

// A round is what came of creating for a while.
type round struct {
	load.Result    // at the highest rate
	p50, p99       time.Duration
	nodes, members time.Duration // CPU of all of them, for each
	least          float64       // the smallest share that a node had
	shares         string
}

// creates measures one node alone and three nodes in turns.
func (b *bench) creates() error {
	all := map[int]map[int][]round{1: {}, 3: {}}
	for turn := range b.rounds {
		order := []int{1, 3}
		if turn%2 == 1 {
			order = []int{3, 1}
		}
		for _, nodes := range order {
			if err := b.startNodes(nodes); err != nil {
				return err
			}
			for _, n := range callers {
				r, err := b.creating(n)
				if err != nil {
					return fmt.Errorf("%d callers, nodes: %d: %w", n, nodes, err)
				}
				all[nodes][n] = append(all[nodes][n], r)
			}
		}
	}
	for _, n := range callers {
		b.created(n, all[1][n], all[3][n])
	}
	return nil
}

// creating has n callers create: as fast as they can, and at half of that rate.
func (b *bench) creating(n int) (r round, err error) {
	if _, err := load.Run(0, n, b.each/5, b.toNodes(nil)); err != nil {
		return r, err
	}
	counts, before := newCounts(len(b.nodes)), b.spent()
	if r.Result, err = load.Run(0, n, b.each, b.toNodes(counts)); err != nil {
		return r, err
	}
	after := b.spent()
	r.nodes, r.members = (after.nodes-before.nodes)/time.Duration(r.Count), (after.members-before.members)/time.Duration(r.Count)
	r.least, r.shares = shares(counts)
	steady, err := load.Run(max(1, int(r.Rate/2)), n, b.each, b.toNodes(nil))
	r.p50, r.p99 = steady.P50, steady.P99
	return r, err
}

func newCounts(nodes int) []atomic.Int64 { return make([]atomic.Int64, nodes) }

// toNodes creates at the nodes: each caller at one of them, the next caller at the next node. It
// counts what each node did, if counts is not nil.
func (b *bench) toNodes(counts []atomic.Int64) load.Worker {
	var next atomic.Int64
	return func() (load.Work, func(), error) {
		i := int(next.Add(1)-1) % len(b.nodes)
		do, end, err := load.Query(b.nodes[i].url, "/graphql", b.root, createToken, nil).Client()
		return func() error {
			if counts != nil {
				counts[i].Add(1)
			}
			return do()
		}, end, err
	}
}

// shares tells which part each node had, in per cent, and the smallest part.
func shares(counts []atomic.Int64) (least float64, text string) {
	var all int64
	for i := range counts {
		all += counts[i].Load()
	}
	least = 1
	for i := range counts {
		part := float64(counts[i].Load()) / float64(all)
		least = min(least, part)
		if i > 0 {
			text += " / "
		}
		text += fmt.Sprintf("%.0f %%", 100*part)
	}
	return least, text
}

// created adds the rows of n callers.
func (b *bench) created(n int, one, three []round) {
	for _, side := range []struct {
		name   string
		rounds []round
	}{{"one node", one}, {"three nodes", three}} {
		b.row(createRow(fmt.Sprintf("create, %s, %s", side.name, callersOf(n)), side.rounds))
	}
	ratio, least := against(three, one), figures.Median(three, func(r round) float64 { return r.least })
	b.row(row{name: "… three nodes as a part of one", figure: fmt.Sprintf("%.2f", ratio)})
	if n > 1 { // one caller goes to one node only
		b.goals.AtLeast("creates over three nodes, "+callersOf(n), ratio, 0.5, "of one node's")
		b.goals.Want("… the share of each node", "≥ 25 %", fmt.Sprintf("%.0f %%, the least", 100*least), least >= 0.25)
	}
}

// createRow is the row of what came of creating in some rounds.
func createRow(name string, rounds []round) row {
	return row{
		name:    name,
		figure:  figures.Number(figures.Median(rounds, func(r round) float64 { return r.Rate })) + "/s",
		p50:     figures.Millis(figures.Median(rounds, func(r round) time.Duration { return r.p50 })),
		p99:     figures.Millis(figures.Median(rounds, func(r round) time.Duration { return r.p99 })),
		nodes:   figures.Micros(figures.Median(rounds, func(r round) time.Duration { return r.nodes })),
		members: figures.Micros(figures.Median(rounds, func(r round) time.Duration { return r.members })),
		shares:  rounds[len(rounds)-1].shares,
	}
}

func callersOf(n int) string {
	if n == 1 {
		return "1 caller"
	}
	return fmt.Sprintf("%d callers", n)
}

// against returns the rates of rounds as a part of those of the rounds beside them: the median.
func against(rounds, others []round) float64 {
	ratios := make([]float64, len(rounds))
	for i := range rounds {
		ratios[i] = rounds[i].Rate / others[i].Rate
	}
	return figures.Median(ratios, figures.Same)
}
