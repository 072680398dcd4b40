//go:build bench

package plot

import (
	"math"
	"slices"
)

// top and bottom are where a panel's values end, in pixels from above.
const top, bottom = above + 16, high - below

// across returns where n tokens are, from the left: the scale is logarithmic.
func (p Panel) across(n int) float64 {
	first, last := math.Log(float64(slices.Min(p.X))), math.Log(float64(slices.Max(p.X)))
	const room = 20
	if first == last {
		return (left + wide - right) / 2
	}
	return left + room + (math.Log(float64(n))-first)/(last-first)*(wide-right-left-2*room)
}

// vertical returns where a value is, from above.
func (p Panel) vertical(ticks []float64) func(v float64) float64 {
	scale := func(v float64) float64 { return v }
	highest := ticks[len(ticks)-1]
	if p.Log {
		scale, highest = math.Log, max(highest, p.highest())
	}
	lowest := scale(ticks[0])
	return func(v float64) float64 {
		return bottom - (scale(v)-lowest)/(scale(highest)-lowest)*(bottom-top)
	}
}

// ticks returns the values that are named beside the panel: from 0 in round
// steps, or the powers of ten.
func (p Panel) ticks() []float64 {
	if p.Log {
		lowest := math.Floor(math.Log10(p.lowest()))
		ticks := []float64{math.Pow(10, lowest)}
		for e := lowest + 1; len(ticks) < 2 || math.Pow(10, e) <= p.highest(); e++ {
			ticks = append(ticks, math.Pow(10, e))
		}
		return ticks
	}
	step := p.step()
	ticks := []float64{0}
	for v := step; len(ticks) < 2 || v < p.highest()+step; v += step {
		ticks = append(ticks, v)
	}
	return ticks
}

// step returns the least round step that reaches the highest value in five.
func (p Panel) step() float64 {
	if p.highest() <= 0 {
		return 1
	}
	for step := math.Pow(10, math.Floor(math.Log10(p.highest()))-1); ; step *= 10 {
		for _, times := range []float64{1, 2, 2.5, 5} {
			if step*times*5 >= p.highest() {
				return step * times
			}
		}
	}
}

func (p Panel) lowest() float64  { return slices.Min(p.values()) }
func (p Panel) highest() float64 { return slices.Max(p.values()) }

func (p Panel) values() (all []float64) {
	for _, s := range p.Series {
		all = append(all, s.Values...)
	}
	return all
}

// tokens writes a number of tokens: 1k, 10k, 1M.
func tokens(n int) string { return short(float64(n)) }
