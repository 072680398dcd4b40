//go:build bench

package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
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
		if err != nil {
			return err
		}
		points = append(points, p)
		log.Printf("measured at %s tokens", number(float64(n)))
	}
	fmt.Print(heading, growthTable(points))
	if err := os.WriteFile(filepath.Join(b.docs, "growth.svg"), []byte(plot(panels(points))), 0o644); err != nil {
		return err
	}
	return b.write("growth", heading+"![Cost over the number of tokens](growth.svg)\n\n"+growthTable(points))
}

// at measures with n tokens.
func (b *bench) at(n int) (p point, err error) {
	h, err := b.build(strconv.Itoa(n), n)
	if err != nil {
		return p, err
	}
	defer os.RemoveAll(h.folder)
	p.tokens, p.file = n, fileSize(h)
	p.interior, err = b.within(h)
	debug.FreeOSMemory()
	if err != nil {
		return p, err
	}
	if p.ready, p.memory, err = b.opened(&b.server, h); err != nil {
		return p, err
	}
	defer b.server.stop()
	err = b.requests(h, &p)
	p.after = b.server.resident()
	return p, err
}

// requests measures what comes over HTTP. Creating comes last: it changes
// the size.
func (b *bench) requests(h *house, p *point) error {
	url := b.server.url
	text := fmt.Sprintf(`{ systemTokens(searchFilter: %q, limit: 50) { totalResults results { id name } } }`, part)
	for _, m := range []struct {
		into *time.Duration
		rate int
		side side
	}{
		{&p.verify, verifyRate, sending("verify", b.server, get(url, authorizePath, h.secrets[0]))},
		{&p.page, pageRate, sending("page", b.server, fifty(url, "/graphql", h.root, h.size*7/10))},
		{&p.search, searchRate, sending("search", b.server, query(url, "/graphql", h.root, text, nil))},
	} {
		rounds, err := b.turns([]side{m.side}, 16, func(int) int { return m.rate })
		if err != nil {
			return err
		}
		*m.into = median(rounds[0], func(r round) time.Duration { return r.P50 })
	}
	rounds, err := b.turns([]side{sending("create", b.server, query(url, "/graphql", h.root, createToken, nil))}, 16, func(int) int { return 0 })
	if err != nil {
		return err
	}
	p.create = median(rounds[0], func(r round) float64 { return r.Rate })
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
	line("Tokens", func(p point) string { return number(float64(p.tokens)) })
	b.WriteString("|---" + strings.Repeat("|---:", len(points)) + "|\n")
	line("verify in process, one token", func(p point) string { return nanos(p.interior.hot) })
	line("verify in process, all tokens in turn (a million at most)", func(p point) string { return nanos(p.interior.cold) })
	line(fmt.Sprintf("verify over HTTP, p50 at %d/s", verifyRate), func(p point) string { return millis(p.verify) })
	line(fmt.Sprintf("page of 50 at 70 %% of all, p50 at %d/s", pageRate), func(p point) string { return millis(p.page) })
	line(fmt.Sprintf("search for a part of a name, p50 at %d/s", searchRate), func(p point) string { return millis(p.search) })
	line("create, 16 callers", func(p point) string { return number(p.create) + "/s" })
	line("start to ready", func(p point) string { return fmt.Sprintf("%.2f s", p.ready.Seconds()) })
	line("live heap for each token", func(p point) string { return fmt.Sprintf("%.0f B", p.interior.heap) })
	line("… once each has been used", func(p point) string { return fmt.Sprintf("%.0f B", p.interior.used) })
	line("resident memory after the start", func(p point) string { return mib(p.memory.total) })
	line("… of its own", func(p point) string { return mib(p.memory.anonymous) })
	line("… mapped of the store's file", func(p point) string { return mib(p.memory.file) })
	line("… at most, while it started", func(p point) string { return mib(p.memory.peak) })
	line("resident memory of its own after all requests", func(p point) string { return mib(p.after.anonymous) })
	line("the store's file", func(p point) string { return mib(p.file) })
	return b.String()
}
