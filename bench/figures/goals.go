//go:build bench

package figures

import (
	"fmt"
	"strings"
)

// A Goal is one line of a table of what is wanted, and whether this run met it.
type Goal struct {
	What, Wanted, Measured string
	Met                    bool
}

// Goals are those of a run.
type Goals []Goal

// Want notes a goal.
func (g *Goals) Want(what, wanted, measured string, met bool) {
	*g = append(*g, Goal{what, wanted, measured, met})
}

// AtLeast notes a goal that is a ratio.
func (g *Goals) AtLeast(what string, ratio, least float64, of string) {
	g.Want(what, fmt.Sprintf("≥ %.2f %s", least, of), fmt.Sprintf("%.2f", ratio), ratio >= least)
}

// Table writes the goals as Markdown. Of is what they are set for.
func (g Goals) Table(of string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| Wanted of %s | Goal | Measured | |\n|---|---|---|---|\n", of)
	missed := 0
	for _, g := range g {
		met := "met"
		if !g.Met {
			met = "**missed**"
			missed++
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join([]string{g.What, g.Wanted, g.Measured, met}, " | "))
	}
	fmt.Fprintf(&b, "\n%d of %d goals are met.\n", len(g)-missed, len(g))
	return b.String()
}
