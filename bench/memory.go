//go:build bench

package main

import (
	"fmt"
	"os"
	"time"

	"tokenscale/store/bolt/boltfile"
)

// used measures a server all of whose tokens have been used: its start, the
// lists, and what the collector costs. It is another store, and is gone when
// the next one is looked at.
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
	if err := b.list(b.server, h); err != nil {
		return err
	}
	return b.collected("a forced collection")
}

// collected adds the row of what the collector costs the server.
func (b *bench) collected(name string) error {
	var c collection
	if err := b.server.ask(&c, "collect"); err != nil {
		return err
	}
	b.row(row{name: name, ours: millis(c.Wall), cpu: millis(c.CPU)})
	b.want(name, "≤ 40 ms of CPU", millis(c.CPU), c.CPU <= 40*time.Millisecond)
	return nil
}

// starts starts the large server some times, and leaves the last one running.
func (b *bench) starts() error {
	ready, held, err := b.opened(&b.server, b.large)
	if err != nil {
		return err
	}
	b.started("start to ready, the file in the cache", ready, held, b.large)
	b.want("start to ready, the file in the cache", "≤ 1.2 s", seconds(ready), ready <= 1200*time.Millisecond)
	return nil
}

func (b *bench) started(name string, ready time.Duration, held memory, h *house) {
	b.row(row{name: name, ours: seconds(ready)})
	b.row(row{name: "… resident memory after it", ours: fmt.Sprintf("%s; at most %s while it started; the file has %s", held, mib(held.peak), mib(fileSize(h)))})
}

// opened returns how long starts took, in the middle, and what the last of
// them holds.
func (b *bench) opened(p **process, h *house) (time.Duration, memory, error) {
	var took []time.Duration
	var err error
	for range b.rounds {
		(*p).stop()
		if *p, err = start(b.ctx, "server", h.folder); err != nil {
			return 0, memory{}, err
		}
		took = append(took, (*p).ready)
	}
	time.Sleep(time.Second) // what the start leaves behind is given back
	return median(took, same), (*p).resident(), nil
}

// underLoad adds the row of the most that the server held while all the
// requests came.
func (b *bench) underLoad(most memory) {
	b.row(row{name: "resident memory under load, at most", ours: most.String()})
	b.want("resident memory under load, at most", "≤ 450 MiB", mib(most.total), most.total <= 450<<20)
}

// String tells apart what is the process's own and what is the store's file,
// which the kernel takes back when others need it.
func (m memory) String() string {
	return fmt.Sprintf("%s: %s of its own, %s mapped of the store's file", mib(m.total), mib(m.anonymous), mib(m.file))
}

func fileSize(h *house) int64 {
	info, err := os.Stat(boltfile.Path(h.folder))
	if err != nil {
		return 0
	}
	return info.Size()
}
