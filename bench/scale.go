//go:build bench

package main

import (
	"math"
	"slices"
)

// top and bottom are where a panel's values end, in pixels from above.
const top, bottom = above + 16, high - below

// across returns where n tokens are, from the left: the scale is logarithmic.
func (p panel) across(n int) float64 {
	first, last := math.Log(float64(slices.Min(p.x))), math.Log(float64(slices.Max(p.x)))
	const room = 20
	if first == last {
		return (left + wide - right) / 2
	}
	return left + room + (math.Log(float64(n))-first)/(last-first)*(wide-right-left-2*room)
}

// vertical returns where a value is, from above.
func (p panel) vertical(ticks []float64) func(v float64) float64 {
	scale := func(v float64) float64 { return v }
	highest := ticks[len(ticks)-1]
	if p.log {
		scale, highest = math.Log, max(highest, p.highest())
	}
	lowest := scale(ticks[0])
	return func(v float64) float64 {
		return bottom - (scale(v)-lowest)/(scale(highest)-lowest)*(bottom-top)
	}
}

// ticks returns the values that are named beside the panel: from 0 in round
// steps, or the powers of ten.
func (p panel) ticks() []float64 {
	if p.log {
		lowest := math.Floor(math.Log10(p.lowest()))
		ticks := []float64{math.Pow(10, lowest)}
		for e := lowest + 1; len(ticks) < 2 || math.Pow(10, e) <= p.highest(); e++ {
			ticks = append(ticks, math.Pow(10, e))
		}
		return ticks
	}
	step := p.step()
	ticks := []float64{0}
	for v := step; v < p.highest()+step; v += step {
		ticks = append(ticks, v)
	}
	return ticks
}

// step returns the least round step that reaches the highest value in five.
func (p panel) step() float64 {
	for step := math.Pow(10, math.Floor(math.Log10(p.highest()))-1); ; step *= 10 {
		for _, times := range []float64{1, 2, 2.5, 5} {
			if step*times*5 >= p.highest() {
				return step * times
			}
		}
	}
}

func (p panel) lowest() float64  { return slices.Min(p.values()) }
func (p panel) highest() float64 { return slices.Max(p.values()) }

func (p panel) values() (all []float64) {
	for _, s := range p.series {
		all = append(all, s.values...)
	}
	return all
}

// tokens writes a number of tokens: 1k, 10k, 1M.
func tokens(n int) string { return short(float64(n)) }
