//go:build bench

// Package plot draws how figures grow with a number of tokens, as one SVG of
// small panels.
package plot

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Panel is one small plot over the number of tokens.
type Panel struct {
	Title  string
	Log    bool  // the scale of values is logarithmic; else it begins at 0
	X      []int // numbers of tokens, more than 0
	Series []Series
}

// A Series is one line of a panel.
type Series struct {
	Name   string    // empty if the panel has only one
	Values []float64 // one for each number of tokens; with Log more than 0
}

// short writes v with two or three digits of weight.
func short(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v >= 1e6:
		return fmt.Sprintf("%gM", math.Round(v/1e5)/10)
	case v >= 1e4:
		return fmt.Sprintf("%gk", math.Round(v/1e3))
	case v >= 1e3:
		return fmt.Sprintf("%gk", math.Round(v/1e2)/10)
	case v >= 10:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2g", v)
}

// The picture, in pixels: two columns of panels, each with room for its
// title, its scales and the names of its lines.
const (
	wide, high   = 440, 190
	left, right  = 46, 74
	above, below = 34, 28
	columns      = 2
)

// The picture has a ground of its own, so that it can be read wherever the
// page around it is light or dark.
const style = `<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.scale { fill: #59636e }
.ground { fill: #ffffff }
.grid { stroke: #d1d9e0; fill: none }
.a { stroke: #0969da } .b { stroke: #bc4c00 }
.line { fill: none; stroke-width: 2 }
text.a { fill: #0969da; stroke: none } text.b { fill: #bc4c00; stroke: none }
circle.a { fill: #0969da } circle.b { fill: #bc4c00 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .scale { fill: #9198a1 } .ground { fill: #0d1117 } .grid { stroke: #3d444d }
.a { stroke: #4493f8 } .b { stroke: #f0883e }
text.a { fill: #4493f8 } text.b { fill: #f0883e } circle.a { fill: #4493f8 } circle.b { fill: #f0883e }
}
</style>
`

// SVG draws the panels. The same figures give the same bytes.
func SVG(panels []Panel) string {
	rows := (len(panels) + columns - 1) / columns
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%[1]d" height="%[2]d" `+
		`role="img" aria-label="Cost over the number of tokens">`+"\n", columns*wide, rows*high+8)
	b.WriteString(style)
	b.WriteString(`<rect class="ground" width="100%" height="100%"/>` + "\n")
	for i, p := range panels {
		fmt.Fprintf(&b, `<g transform="translate(%d %d)">`+"\n", i%columns*wide, i/columns*high)
		p.draw(&b)
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (p Panel) draw(b *strings.Builder) {
	fmt.Fprintf(b, `<text class="title" x="%d" y="20">%s</text>`+"\n", left, p.Title)
	ticks := p.ticks()
	y := p.vertical(ticks)
	for _, t := range ticks {
		fmt.Fprintf(b, `<path class="grid" d="M%d %.1fH%d"/>`, left, y(t), wide-right)
		fmt.Fprintf(b, `<text class="scale" x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n", left-6, y(t)+4, short(t))
	}
	for _, n := range p.X {
		fmt.Fprintf(b, `<text class="scale" x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", p.across(n), high-below+18, tokens(n))
	}
	fmt.Fprintf(b, `<text class="scale" x="%d" y="%d">tokens</text>`+"\n", wide-right+8, high-below+18)
	for i, s := range p.Series {
		p.line(b, s, string(rune('a'+i)), y)
	}
}

// line draws one series, with the value at each point and its name behind it.
func (p Panel) line(b *strings.Builder, s Series, class string, y func(float64) float64) {
	var path []string
	for i, v := range s.Values {
		path = append(path, fmt.Sprintf("%.1f %.1f", p.across(p.X[i]), y(v)))
	}
	fmt.Fprintf(b, `<path class="line %s" d="M%s"/>`+"\n", class, strings.Join(path, "L"))
	beside, behind := -8.0, 2.0
	if p.isLower(s) {
		beside, behind = 17, 14
	}
	for i, v := range s.Values {
		at := y(v) + beside
		fmt.Fprintf(b, `<circle class="%s" cx="%.1f" cy="%.1f" r="3"/>`, class, p.across(p.X[i]), y(v))
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n", p.across(p.X[i]), at, short(v))
	}
	last := s.Values[len(s.Values)-1]
	fmt.Fprintf(b, `<text class="%s" x="%d" y="%.1f">%s</text>`+"\n", class, wide-right+8, y(last)+behind, s.Name)
}

// isLower reports whether another line ends above s, so that the values of s
// are written below it.
func (p Panel) isLower(s Series) bool {
	last := len(s.Values) - 1
	return slices.ContainsFunc(p.Series, func(other Series) bool { return other.Values[last] > s.Values[last] })
}
