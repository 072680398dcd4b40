//go:build bench

package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/store/bolt"
	"tokenscale/store/bolt/boltfile"
	"tokenscale/token"
)

// An interior is what an authority costs without HTTP.
type interior struct {
	hot, cold, hmac float64 // nanoseconds
	mallocs         float64 // of one verification
	heap, used      float64 // live bytes a token, as made and once it has been used
}

// within opens a copy of the store of h in this process and measures
// verification. It is a copy because verifying leaves a row behind for each
// token: what is measured next should find the store as it was made.
func (b *bench) within(h *house) (in interior, err error) {
	keys, err := keyring.Load(filepath.Join(h.folder, "keys"))
	if err != nil {
		return in, err
	}
	folder := h.folder + "-copy"
	defer os.RemoveAll(folder)
	if err := copyStore(h, folder); err != nil {
		return in, err
	}
	db, err := bolt.Open(bolt.Options{Folder: folder, Tables: rows.Tables(), Now: time.Now})
	if err != nil {
		return in, err
	}
	defer db.Close()
	before := heap()
	a, err := authority.Open(context.Background(), authority.Options{DB: db, Keys: keys, Now: time.Now, Random: rand.Reader, Log: silent()})
	if err != nil {
		return in, err
	}
	defer a.Close(context.Background())
	loaded := heap()
	in.heap = (loaded - before) / float64(h.size)
	from := netip.MustParseAddr("127.0.0.1")
	_, secret, _ := token.Parse(h.secrets[0])
	for range b.rounds {
		in.hot = least(in.hot, timed(func(int) { a.Verify(h.secrets[0], from) }))
		in.cold = least(in.cold, timed(func(i int) { a.Verify(h.secrets[i%len(h.secrets)], from) }))
		in.hmac = least(in.hmac, timed(func(int) { keys.Digest(keys.NewestID(), secret) }))
	}
	in.used = in.heap + (heap()-loaded)/float64(len(h.secrets))
	in.mallocs = allocations(func() { a.Verify(h.secrets[0], from) })
	runtime.KeepAlive(a)
	return in, nil
}

// pieces is how often a thing is done to find what it takes: once with each of
// the remembered tokens of a large store.
const pieces = kept

// timed returns the nanoseconds that fn takes.
func timed(fn func(i int)) float64 {
	began := time.Now()
	for i := range pieces {
		fn(i)
	}
	return float64(time.Since(began)) / pieces
}

// least keeps the best round: what disturbs so short a thing only adds.
func least(best, found float64) float64 {
	if best == 0 {
		return found
	}
	return min(best, found)
}

func allocations(fn func()) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range pieces {
		fn()
	}
	runtime.ReadMemStats(&after)
	return float64((after.Mallocs - before.Mallocs) / pieces)
}

// heap returns the bytes that are live.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// inside measures verification without HTTP, and the memory of the index.
func (b *bench) inside() ([]row, error) {
	in, err := b.within(b.large)
	debug.FreeOSMemory()
	if err != nil {
		return nil, err
	}
	hmac := nanos(in.hmac) + " (HMAC-SHA-256 of the string alone)"
	ratio := func(ns float64) string { return fmt.Sprintf("%.2f", ns/in.hmac) }
	return []row{
		{name: "verify in process, one token", ours: nanos(in.hot), reference: hmac, ratio: ratio(in.hot), mallocs: number(in.mallocs), goal: "≤ 300 ns, 0 allocations", met: in.hot <= 300 && in.mallocs == 0},
		{name: "verify in process, " + number(float64(len(b.large.secrets))) + " tokens in turn", ours: nanos(in.cold), reference: hmac, ratio: ratio(in.cold), goal: "≤ 2 µs", met: in.cold <= 2000},
		{name: "live heap for each token", ours: fmt.Sprintf("%.0f B", in.heap), goal: "≤ 260 B", met: in.heap <= 260},
		{name: "… once each has been used", ours: fmt.Sprintf("%.0f B", in.used), goal: "≤ 260 B", met: in.used <= 260},
	}, nil
}

// starts starts the large server some times, and leaves the last one running.
func (b *bench) starts() ([]row, error) {
	ready, held, err := b.opened(&b.server, b.large)
	if err != nil {
		return nil, err
	}
	return []row{
		{name: "start to ready, the file in the cache", ours: fmt.Sprintf("%.2f s", ready.Seconds()), goal: "≤ 1.5 s", met: ready <= 1500*time.Millisecond},
		{
			name: "resident memory after the start", goal: "≤ 600 MiB", met: held.total <= 600<<20,
			ours: fmt.Sprintf("%s: %s of its own, %s mapped of the store's %s; at most %s while it started", mib(held.total), mib(held.anonymous), mib(held.file), mib(fileSize(b.large)), mib(held.peak)),
		},
	}, nil
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

func fileSize(h *house) int64 {
	info, err := os.Stat(boltfile.Path(h.folder))
	if err != nil {
		return 0
	}
	return info.Size()
}
