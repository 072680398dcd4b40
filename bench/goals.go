//go:build bench

package main

import (
	"fmt"
	"strings"
)

// A goal is one line of the last table: what is wanted of a million tokens,
// and whether this run met it.
type goal struct {
	what, wanted, measured string
	met                    bool
}

// want notes a goal.
func (b *bench) want(what, wanted, measured string, met bool) {
	b.goals = append(b.goals, goal{what, wanted, measured, met})
}

// atLeast notes a goal that is a ratio.
func (b *bench) atLeast(what string, ratio, least float64, of string) {
	b.want(what, fmt.Sprintf("≥ %.2f %s", least, of), fmt.Sprintf("%.2f", ratio), ratio >= least)
}

// wanted writes the goals as Markdown.
func wanted(goals []goal) string {
	var b strings.Builder
	b.WriteString("| Wanted of a million tokens | Goal | Measured | |\n|---|---|---|---|\n")
	missed := 0
	for _, g := range goals {
		met := "met"
		if !g.met {
			met = "**missed**"
			missed++
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join([]string{g.what, g.wanted, g.measured, met}, " | "))
	}
	fmt.Fprintf(&b, "\n%d of %d goals are met.\n", len(goals)-missed, len(goals))
	return b.String()
}
