//go:build bench

package main

import (
	"context"
	"fmt"
	"log"
	"path/filepath"

	"tokenscale/bench/figures"
)

// A row is one line of the table. Where two figures stand in one place, the
// first is ours.
type row struct {
	name, ours, reference, ratio string
	cpu, p50, p99, mallocs       string
}

type bench struct {
	settings
	ctx                context.Context // over when the run is interrupted
	folder             string
	large, small, bare *house

	server, few              *process // ours, with all tokens and with a thousand
	fair, reference, commits *process // what they are held against

	rows  []row
	goals figures.Goals
}

// prepare fills the stores. The reference has one of a thousand tokens: a
// list costs it the same, and verification it does not do.
func (b *bench) prepare() (err error) {
	for _, h := range []struct {
		house **house
		name  string
		n     int
	}{{&b.large, "large", b.tokens}, {&b.small, "small", 1000}, {&b.bare, "reference", 1000}} {
		if *h.house, err = b.build(h.name, h.n, false); err != nil {
			return err
		}
	}
	return copyStore(b.large, filepath.Join(b.folder, "raw"))
}

// measure takes the figures, those that change the store last.
func (b *bench) measure() error {
	for _, part := range []struct {
		name string
		take func() error
	}{
		{"verification in process", b.inside},
		{"a server whose tokens were all used", b.used},
		{"starts", b.starts},
		{"requests", b.requests},
		{"a change of policy", b.change},
	} {
		log.Printf("measures %s", part.name)
		if err := part.take(); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

// requests measures what comes over HTTP, and the most memory meanwhile.
func (b *bench) requests() error {
	if err := b.others(); err != nil {
		return err
	}
	stop := b.server.watch()
	for _, take := range []func() error{b.verify, b.one, b.page, b.create} {
		if err := take(); err != nil {
			stop()
			return err
		}
	}
	b.underLoad(stop())
	return nil
}

// others starts what the large server is held against.
func (b *bench) others() (err error) {
	for _, o := range []struct {
		process **process
		role    string
		folder  string
	}{
		{&b.few, "server", b.small.folder}, {&b.reference, "reference", b.bare.folder},
		{&b.fair, "fair", b.folder}, {&b.commits, "raw", filepath.Join(b.folder, "raw")},
	} {
		if *o.process, err = start(b.ctx, o.role, o.folder); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) stop() {
	for _, p := range []*process{b.server, b.few, b.fair, b.reference, b.commits} {
		p.stop()
	}
}

// row adds a line.
func (b *bench) row(r row) { b.rows = append(b.rows, r) }

// pair adds the line of two results, of which the first is ours, and returns
// our rate as a part of the other's.
func (b *bench) pair(name string, ours, other result, against string) float64 {
	ratio := ours.against(other)
	r := ours.alone(name)
	r.reference = fmt.Sprintf("%s/s (%s)", figures.Number(other.rate), against)
	r.ratio = fmt.Sprintf("%.2f", ratio)
	r.cpu += " / " + figures.Micros(other.cpu)
	r.p50 += " / " + figures.Millis(other.p50)
	r.p99 += " / " + figures.Millis(other.p99)
	r.mallocs += " / " + figures.Number(other.mallocs)
	b.row(r)
	return ratio
}

// alone is the row of a result without another.
func (r result) alone(name string) row {
	return row{
		name: name, ours: figures.Number(r.rate) + "/s",
		cpu: figures.Micros(r.cpu), p50: figures.Millis(r.p50), p99: figures.Millis(r.p99), mallocs: figures.Number(r.mallocs),
	}
}
