//go:build bench

package main

import (
	"fmt"
	"os"
	"runtime"
	"time"

	"tokenscale/bench/figures"
	"tokenscale/store/bolt/boltfile"
)

// used measures a server all of whose tokens have been used: its start, and
// the lists. It is another store, and is gone when the next one is looked at.
func (b *bench) used() error {
	h, err := b.build("used", b.tokens, true)
	if err != nil {
		return err
	}
	defer os.RemoveAll(h.folder)
	ready, held, err := b.opened(&b.server, h)
	if err != nil {
		return err
	}
	defer func() {
		b.server.stop()
		b.server = nil
	}()
	b.started("start to ready, each token used, the file in the cache", ready, held, h)
	return b.list(b.server, h)
}

// starts starts the large server some times, and leaves the last one running.
func (b *bench) starts() error {
	ready, held, err := b.opened(&b.server, b.large)
	if err != nil {
		return err
	}
	b.started("start to ready, the file in the cache", ready, held, b.large)
	b.goals.Want("start to ready, the file in the cache", "≤ 1.2 s", figures.Seconds(ready), ready <= 1200*time.Millisecond)
	return b.profiled("start")
}

func (b *bench) started(name string, ready time.Duration, held memory, h *house) {
	b.row(row{name: name, ours: figures.Seconds(ready)})
	b.row(row{name: "… resident memory after it", ours: fmt.Sprintf(
		"%s; at most %s while it started; the file has %s", held, figures.MiB(held.peak), figures.MiB(fileSize(h)))})
}

// opened returns how long starts took, in the middle, and what the last of
// them holds.
func (b *bench) opened(p **process, h *house) (time.Duration, memory, error) {
	var took []time.Duration
	var err error
	role := "server"
	if b.profile != "" {
		role = "profiled"
	}
	for range b.rounds {
		(*p).stop()
		if *p, err = start(b.ctx, role, h.folder); err != nil {
			return 0, memory{}, err
		}
		took = append(took, (*p).ready)
	}
	time.Sleep(time.Second) // what the start leaves behind is given back
	return figures.Median(took, figures.Same), (*p).resident(), nil
}

// underLoad adds the row of the most that the server held while all the
// requests came.
func (b *bench) underLoad(most memory) {
	b.row(row{name: "resident memory under load, at most", ours: most.String()})
	b.goals.Want("resident memory under load, at most", "≤ 450 MiB", figures.MiB(most.total), most.total <= 450<<20)
}

// String tells apart what is the process's own and what is the store's file,
// which the kernel takes back when others need it.
func (m memory) String() string {
	return fmt.Sprintf("%s: %s of its own, %s mapped of the store's file", figures.MiB(m.total), figures.MiB(m.anonymous), figures.MiB(m.file))
}

func fileSize(h *house) int64 {
	info, err := os.Stat(boltfile.Path(h.folder))
	if err != nil {
		return 0
	}
	return info.Size()
}

// A collection is what one of the garbage of this process costs.
type collection struct {
	CPU, Wall time.Duration
}

// collect has the collector go through the memory some times, and returns the
// one in the middle.
func collect() (collection, error) {
	runtime.GC() // what was left behind before does not count
	var all []collection
	for range 7 {
		before, err := spent()
		if err != nil {
			return collection{}, err
		}
		began := time.Now()
		runtime.GC()
		took := time.Since(began)
		after, err := spent()
		if err != nil {
			return collection{}, err
		}
		all = append(all, collection{after.CPU - before.CPU, took})
	}
	return collection{
		CPU:  figures.Median(all, func(c collection) time.Duration { return c.CPU }),
		Wall: figures.Median(all, func(c collection) time.Duration { return c.Wall }),
	}, nil
}
