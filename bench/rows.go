//go:build bench

package main

import (
	"context"
	"fmt"
	"log"
	"path/filepath"
	"time"
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
	goals []goal
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
	r.reference = fmt.Sprintf("%s/s (%s)", number(other.rate), against)
	r.ratio = fmt.Sprintf("%.2f", ratio)
	r.cpu += " / " + micros(other.cpu)
	r.p50 += " / " + millis(other.p50)
	r.p99 += " / " + millis(other.p99)
	r.mallocs += " / " + number(other.mallocs)
	b.row(r)
	return ratio
}

// alone is the row of a result without another.
func (r result) alone(name string) row {
	return row{
		name: name, ours: number(r.rate) + "/s",
		cpu: micros(r.cpu), p50: millis(r.p50), p99: millis(r.p99), mallocs: number(r.mallocs),
	}
}

func micros(d time.Duration) string { return fmt.Sprintf("%.1f µs", float64(d)/1e3) }

func millis(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/1e6) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func nanos(ns float64) string { return fmt.Sprintf("%.0f ns", ns) }

func mib(n int64) string { return fmt.Sprintf("%s MiB", number(float64(n>>20))) }
