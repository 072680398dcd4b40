//go:build bench

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// A row is one line of the table. Where two figures stand in one place, the
// first is ours.
type row struct {
	name, ours, reference, ratio string
	cpu, p50, p99, mallocs       string
	goal                         string
	met                          bool
}

type bench struct {
	settings
	ctx                           context.Context // over when the run is interrupted
	folder                        string
	large, small, bare            *house
	server, few, reference, blank *process // blank writes rows and nothing else
}

// prepare fills the stores. The reference has one of a thousand tokens: a
// list costs it the same, and verification it does not do.
func (b *bench) prepare() (err error) {
	for _, h := range []struct {
		house **house
		name  string
		n     int
	}{{&b.large, "large", b.tokens}, {&b.small, "small", 1000}, {&b.bare, "reference", 1000}} {
		if *h.house, err = b.build(h.name, h.n); err != nil {
			return err
		}
	}
	return copyStore(b.large, filepath.Join(b.folder, "raw"))
}

// measure takes the figures, those that change the store last.
func (b *bench) measure() ([]row, error) {
	var rows []row
	for _, take := range []func() ([]row, error){b.inside, b.starts, b.others, b.verify, b.one, b.page, b.search, b.create, b.change} {
		more, err := take()
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

// others starts what the large server is held against.
func (b *bench) others() (_ []row, err error) {
	for _, o := range []struct {
		process **process
		role    string
		folder  string
	}{{&b.few, "server", b.small.folder}, {&b.reference, "reference", b.bare.folder}, {&b.blank, "raw", filepath.Join(b.folder, "raw")}} {
		if *o.process, err = start(b.ctx, o.role, o.folder); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (b *bench) stop() {
	for _, p := range []*process{b.server, b.few, b.reference, b.blank} {
		p.stop()
	}
}

// row of two results, of which the first is ours. It is met if our rate is at
// least that part of the other's.
func (r result) row(name string, other result, against string, least float64) row {
	ratio := r.rate / other.rate
	out := r.alone(name)
	out.reference = fmt.Sprintf("%s/s (%s)", number(other.rate), against)
	out.ratio, out.goal, out.met = fmt.Sprintf("%.2f", ratio), fmt.Sprintf("≥ %.2g", least), ratio >= least
	out.cpu += " / " + micros(other.cpu)
	out.p50 += " / " + millis(other.p50)
	out.p99 += " / " + millis(other.p99)
	out.mallocs += " / " + number(other.mallocs)
	return out
}

// alone is the row of a result without another.
func (r result) alone(name string) row {
	return row{name: name, ours: number(r.rate) + "/s", cpu: micros(r.cpu), p50: millis(r.p50), p99: millis(r.p99), mallocs: number(r.mallocs)}
}

func micros(d time.Duration) string { return fmt.Sprintf("%.1f µs", float64(d)/1e3) }

func millis(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/1e6) }

func nanos(ns float64) string { return fmt.Sprintf("%.0f ns", ns) }

func mib(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }
