//go:build bench

package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"tokenscale/bench/figures"
	"tokenscale/bench/load"
	"tokenscale/bench/plot"
)

// sizes are numbers of tokens; as a flag, with commas between them.
type sizes []int

func (s *sizes) String() string { return fmt.Sprint([]int(*s)) }

// Set implements flag.Value.
func (s *sizes) Set(text string) error {
	*s = nil
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 100 {
			return fmt.Errorf("%q is not a number of tokens from 100 on", part)
		}
		*s = append(*s, n)
	}
	return nil
}

// Rates at which answers are timed, the same at every size.
const (
	verifyRate = 2000
	pageRate   = 200
	searchRate = 10
)

// A point is what was measured at one size.
type point struct {
	tokens               int
	interior             interior
	verify, page, search time.Duration // p50 at a fixed rate
	create               float64       // a second, by 16 callers
	ready                time.Duration
	memory, after        memory // after the start, and after all requests
	file                 int64  // bytes of the store
}

// grow measures at each size and writes the table and the plot.
func (b *bench) grow() error {
	heading, err := b.heading("each size a new store")
	if err != nil {
		return err
	}
	var points []point
	for _, n := range b.sizes {
		p, err := b.at(n)
		if errors.As(err, new(tooMany)) {
			log.Printf("leaves it out: %v", err)
			continue
		}
		if err != nil {
			return err
		}
		points = append(points, p)
		log.Printf("measured at %s tokens", figures.Number(float64(n)))
	}
	if len(points) == 0 {
		return errors.New("nothing was measured")
	}
	fmt.Print(heading, growthTable(points))
	if !b.write {
		return nil
	}
	if err := os.WriteFile(filepath.Join(b.docs, "growth.svg"), []byte(plot.SVG(panels(points))), 0o644); err != nil {
		return err
	}
	return b.publish("growth", heading+"![Cost over the number of tokens](growth.svg)\n\n"+growthTable(points))
}

// at measures with n tokens.
func (b *bench) at(n int) (p point, err error) {
	if err := b.announce(n); err != nil {
		return p, err
	}
	h, err := b.build(strconv.Itoa(n), n, false)
	if err != nil {
		return p, err
	}
	defer os.RemoveAll(h.folder)
	p.tokens, p.file = n, fileSize(h)
	if p.interior, err = b.interior(h); err != nil {
		return p, err
	}
	if p.ready, p.memory, err = b.opened(&b.server, h); err != nil {
		return p, err
	}
	defer b.server.stop()
	err = b.answers(h, &p)
	p.after = b.server.resident()
	return p, err
}

// answers measures what comes over HTTP. Creating comes last: it changes
// the size.
func (b *bench) answers(h *house, p *point) error {
	url := b.server.url
	text := fmt.Sprintf(`{ systemTokens(searchFilter: %q, limit: 50) { totalResults results { id name } } }`, part)
	for _, m := range []struct {
		into *time.Duration
		rate int
		side side
	}{
		{&p.verify, verifyRate, sending("verify", b.server, load.Get(url, authorizePath, h.ten))},
		{&p.page, pageRate, sending("page", b.server, fifty(url, "/graphql", h.root, skip(h.size*7/10)))},
		{&p.search, searchRate, sending("search", b.server, load.Query(url, "/graphql", h.root, text, nil))},
	} {
		rounds, err := b.turns([]side{m.side}, 16, func(int) int { return m.rate })
		if err != nil {
			return err
		}
		*m.into = figures.Median(rounds[0], func(r round) time.Duration { return r.P50 })
	}
	create := sending("create", b.server, load.Query(url, "/graphql", h.root, createToken, nil))
	rounds, err := b.turns([]side{create}, 16, func(int) int { return 0 })
	if err != nil {
		return err
	}
	p.create = figures.Median(rounds[0], func(r round) float64 { return r.Rate })
	return nil
}

// growthTable writes the points as Markdown, a column each.
func growthTable(points []point) string {
	var b strings.Builder
	line := func(name string, of func(point) string) {
		b.WriteString("| " + name)
		for _, p := range points {
			b.WriteString(" | " + of(p))
		}
		b.WriteString(" |\n")
	}
	line("Tokens", func(p point) string { return figures.Number(float64(p.tokens)) })
	b.WriteString("|---" + strings.Repeat("|---:", len(points)) + "|\n")
	line("verify in process, one token", func(p point) string { return figures.Nanos(p.interior.hot) })
	line("verify in process, all tokens in turn (a million at most)", func(p point) string { return figures.Nanos(p.interior.turn[1]) })
	line(fmt.Sprintf("verify over HTTP, p50 at %d/s", verifyRate), func(p point) string { return figures.Millis(p.verify) })
	line(fmt.Sprintf("page of 50 at 70 %% of all, p50 at %d/s", pageRate), func(p point) string { return figures.Millis(p.page) })
	line(fmt.Sprintf("search for a part of a name, p50 at %d/s", searchRate), func(p point) string { return figures.Millis(p.search) })
	line("create, 16 callers", func(p point) string { return figures.Number(p.create) + "/s" })
	line("start to ready", func(p point) string { return figures.Seconds(p.ready) })
	line("live heap for each token", func(p point) string { return fmt.Sprintf("%.0f B", p.interior.heap) })
	line("… once each has been used", func(p point) string { return fmt.Sprintf("%.0f B", p.interior.used) })
	line("a forced collection, CPU", func(p point) string { return figures.Millis(p.interior.collection.CPU) })
	line("resident memory after the start", func(p point) string { return figures.MiB(p.memory.total) })
	line("… of its own", func(p point) string { return figures.MiB(p.memory.anonymous) })
	line("… mapped of the store's file", func(p point) string { return figures.MiB(p.memory.file) })
	line("… at most, while it started", func(p point) string { return figures.MiB(p.memory.peak) })
	line("resident memory of its own after all requests", func(p point) string { return figures.MiB(p.after.anonymous) })
	line("the store's file", func(p point) string { return figures.MiB(p.file) })
	return b.String()
}

// panels says what the plot shows. What grows with the number of tokens has a
// logarithmic scale, in which such growth is a straight line.
func panels(points []point) []plot.Panel {
	x := make([]int, len(points))
	for i, p := range points {
		x[i] = p.tokens
	}
	of := func(name string, value func(p point) float64) plot.Series {
		s := plot.Series{Name: name}
		for _, p := range points {
			s.Values = append(s.Values, value(p))
		}
		return s
	}
	ms := func(d time.Duration) float64 { return float64(d) / 1e6 }
	const mebi = 1 << 20
	panel := func(title string, lines ...plot.Series) plot.Panel {
		return plot.Panel{Title: title, X: x, Series: lines}
	}
	log := func(p plot.Panel) plot.Panel {
		p.Title, p.Log = p.Title+" (log scale)", true
		return p
	}
	return []plot.Panel{
		panel("Verify in process, ns",
			of("one token", func(p point) float64 { return p.interior.hot }), of("all in turn", func(p point) float64 { return p.interior.turn[1] })),
		panel(fmt.Sprintf("Verify over HTTP, p50 at %d/s, ms", verifyRate), of("", func(p point) float64 { return ms(p.verify) })),
		panel(fmt.Sprintf("Page of 50 at 70 %% of all, p50 at %d/s, ms", pageRate), of("", func(p point) float64 { return ms(p.page) })),
		panel("Create, 16 callers, a second", of("", func(p point) float64 { return p.create })),
		panel("Live heap for each token, bytes",
			of("as made", func(p point) float64 { return p.interior.heap }), of("once used", func(p point) float64 { return p.interior.used })),
		log(panel(fmt.Sprintf("Search in names, p50 at %d/s, ms", searchRate), of("", func(p point) float64 { return ms(p.search) }))),
		log(panel("Start to ready, s", of("", func(p point) float64 { return p.ready.Seconds() }))),
		log(panel("Resident memory, MiB",
			of("in all", func(p point) float64 { return float64(p.memory.total) / mebi }),
			of("its own", func(p point) float64 { return float64(p.memory.anonymous) / mebi }))),
	}
}
