//go:build bench

package main

import (
	"fmt"
	"strings"

	"tokenscale/bench/figures"
)

// table writes the rows as Markdown.
func table(rows []row) string {
	var b strings.Builder
	b.WriteString("| What | Ours | Reference | Ratio | CPU each | p50 | p99 | Allocations |\n|---|---|---|---:|---|---|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join([]string{r.name, r.ours, r.reference, r.ratio, r.cpu, r.p50, r.p99, r.mallocs}, " | "))
	}
	return b.String()
}

// publish puts text between the marks of a name in the page, if that was asked
// for.
func (b *bench) publish(name, text string) error {
	if !b.write {
		return nil
	}
	return figures.Publish(b.docs, name, text)
}

// heading tells when, on what, and with what was measured.
func (b *bench) heading(what string) (string, error) {
	return figures.Heading(what, b.rounds, b.each, b.folder)
}
