//go:build bench

package main

import (
	"fmt"
	"time"

	"tokenscale/bench/figures"
	"tokenscale/bench/load"
)

// share is which part of its highest rate a side is asked for when it is
// measured how long an answer takes.
const share = 0.5

// A side is one that is measured: what it does, and the process that does it.
type side struct {
	name string
	p    *process
	run  func(rate, n int, each time.Duration) (load.Result, error)
}

func sending(name string, p *process, r load.Request) side {
	return side{name, p, func(rate, n int, each time.Duration) (load.Result, error) { return load.Run(rate, n, each, r.Client) }}
}

func committing(name string, p *process) side {
	return side{name, p, func(rate, n int, each time.Duration) (l load.Result, err error) {
		return l, p.ask(&l, "commit", rate, n, each)
	}}
}

// A result is what one side did: the medians of all rounds.
type result struct {
	rounds   []round       // at its highest rate, as they came
	rate     float64       // a second, at most
	p50, p99 time.Duration // at its share of that rate
	cpu      time.Duration // of its process, for each, at the highest rate
	mallocs  float64       // of its process, for each
}

// A round is what one side did in one round.
type round struct {
	load.Result
	cpu     time.Duration
	mallocs float64
}

// contest measures sides in turns, because the speed of a machine changes from
// minute to minute: first what each can do at most, with n workers, then how
// long it takes for an answer at a share of that.
func (b *bench) contest(n int, sides ...side) ([]result, error) {
	results := make([]result, len(sides))
	most, err := b.turns(sides, n, func(int) int { return 0 })
	if err != nil {
		return nil, err
	}
	for i, rounds := range most {
		results[i].rounds = rounds
		results[i].rate = figures.Median(rounds, func(r round) float64 { return r.Rate })
		results[i].cpu = figures.Median(rounds, func(r round) time.Duration { return r.cpu })
		results[i].mallocs = figures.Median(rounds, func(r round) float64 { return r.mallocs })
	}
	steady, err := b.turns(sides, n, func(i int) int { return max(1, int(share*results[i].rate)) })
	if err != nil {
		return nil, err
	}
	for i, rounds := range steady {
		results[i].p50 = figures.Median(rounds, func(r round) time.Duration { return r.P50 })
		results[i].p99 = figures.Median(rounds, func(r round) time.Duration { return r.P99 })
	}
	return results, b.profiled(fmt.Sprintf("%s, %d callers", sides[0].name, n))
}

// against returns r's rate as a part of another's: the ratio of each two rounds
// that took place one beside the other, and of those the median.
func (r result) against(other result) float64 {
	ratios := make([]float64, len(r.rounds))
	for i := range r.rounds {
		ratios[i] = r.rounds[i].Rate / other.rounds[i].Rate
	}
	return figures.Median(ratios, figures.Same)
}

// turns gives each side its rounds, and who goes first changes.
func (b *bench) turns(sides []side, n int, rate func(i int) int) ([][]round, error) {
	all := make([][]round, len(sides))
	for turn := range b.rounds {
		for i := range sides {
			if turn%2 == 1 {
				i = len(sides) - 1 - i
			}
			r, err := b.round(sides[i], rate(i), n)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", sides[i].name, err)
			}
			all[i] = append(all[i], r)
		}
	}
	return all, nil
}

// round measures one side once. Before it counts, the side warms up.
func (b *bench) round(s side, rate, n int) (round, error) {
	if _, err := s.run(0, n, b.each/5); err != nil {
		return round{}, err
	}
	var before, after spending
	if err := s.p.ask(&before, "spent"); err != nil {
		return round{}, err
	}
	l, err := s.run(rate, n, b.each)
	if err != nil {
		return round{}, err
	}
	if err := s.p.ask(&after, "spent"); err != nil {
		return round{}, err
	}
	return round{l, (after.CPU - before.CPU) / time.Duration(l.Count), float64(after.Mallocs-before.Mallocs) / float64(l.Count)}, nil
}
