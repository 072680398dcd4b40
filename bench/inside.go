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
	"slices"
	"sync"
	"time"

	"tokenscale/authority"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/bench/figures"
	"tokenscale/store/bolt"
	"tokenscale/token"
)

// An interior is what an authority costs without HTTP.
type interior struct {
	hmac, hot, wide   float64 // nanoseconds: the digest alone, ten rules, many rules
	mallocs           float64 // of one verification
	heap, used, later float64 // live bytes a token: as made, used, after half were replaced

	collection, afterwards collection // when used, and after half were replaced

	// turn has the nanoseconds between two verifications of tokens in turn, by
	// the number of cores.
	turn map[int]float64
}

// interior opens a copy of the store of h in this process and measures
// verification. It is a copy because verifying leaves a row behind for each
// token: what is measured next should find the store as it was made.
func (b *bench) interior(h *house) (in interior, err error) {
	defer debug.FreeOSMemory()
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
	b.compute(&in, h, a, keys)
	in.used = in.heap + (heap()-loaded)/float64(h.remembered())
	if in.collection, err = collect(); err != nil {
		return in, err
	}
	if err := replaceHalf(b.ctx, db, keys); err != nil {
		return in, err
	}
	in.later = (heap() - before) / float64(h.size)
	in.afterwards, err = collect()
	runtime.KeepAlive(a)
	return in, err
}

// here is where the calls of this process come from.
var here = netip.MustParseAddr("127.0.0.1")

// compute measures what takes nothing but the processor, in turns.
func (b *bench) compute(in *interior, h *house, a *authority.Authority, keys *keyring.Keys) {
	in.turn = map[int]float64{}
	_, secret, _ := token.Parse(h.ten)
	for range b.rounds {
		in.hmac = least(in.hmac, timed(func() { keys.Digest(keys.SealingID(), secret) }))
		in.hot = least(in.hot, timed(func() { a.Verify(h.ten, here) }))
		in.wide = least(in.wide, timed(func() { a.Verify(h.wide, here) }))
		for _, n := range cores() {
			in.turn[n] = least(in.turn[n], h.inTurn(n, a))
		}
	}
	in.mallocs = allocations(func() { a.Verify(h.ten, here) })
}

// cores are on how many verification is measured: one, two, and all there are.
func cores() []int {
	all := []int{1, 2, runtime.NumCPU()}
	all = slices.DeleteFunc(all, func(n int) bool { return n > runtime.NumCPU() })
	slices.Sort(all)
	return slices.Compact(all)
}

// inTurn verifies each remembered token once, on n cores, and returns the
// nanoseconds for each.
func (h *house) inTurn(n int, a *authority.Authority) float64 {
	all := h.remembered()
	began := time.Now()
	var work sync.WaitGroup
	for w := range n {
		work.Go(func() {
			for i := all * w / n; i < all*(w+1)/n; i++ {
				a.Verify(h.secret(i), here)
			}
		})
	}
	work.Wait()
	return float64(time.Since(began)) / float64(all)
}

// pieces is how often a short thing is done to find what it takes.
const pieces = 100_000

// timed returns the nanoseconds that fn takes.
func timed(fn func()) float64 {
	began := time.Now()
	for range pieces {
		fn()
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

// heap returns the bytes that are live. What waits in pools is gone with the
// third collection.
func heap() float64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// inside measures verification without HTTP, and the memory of the index.
func (b *bench) inside() error {
	in, err := b.interior(b.large)
	if err != nil {
		return err
	}
	b.verified(in)
	ratio, twice := in.hot/in.hmac, in.turn[1]/in.turn[2]
	b.goals.Want("verify in process, one token, ten rules", "≤ 1.6 × its HMAC, 0 allocations",
		fmt.Sprintf("%.2f ×, %s allocations", ratio, figures.Number(in.mallocs)), ratio <= 1.6 && in.mallocs == 0)
	b.goals.Want("… a filter of 10,000 rules", "≤ 100 ns more", figures.Nanos(in.wide-in.hot)+" more", in.wide-in.hot <= 100)
	b.goals.Want("verify, all tokens in turn", "≤ 5 × that HMAC", fmt.Sprintf("%.2f ×", in.turn[1]/in.hmac), in.turn[1] <= 5*in.hmac)
	if runtime.NumCPU() > 1 {
		b.goals.Want("… on two cores", "≥ 1.8 times one", fmt.Sprintf("%.2f times", twice), twice >= 1.8)
	}
	b.held(in)
	return nil
}

// held adds what the index takes, and what it costs the collector.
func (b *bench) held(in interior) {
	for _, c := range []struct {
		name string
		collection
	}{{"a forced collection, each token used", in.collection}, {"… after half of them were replaced", in.afterwards}} {
		b.row(row{name: c.name, ours: figures.Millis(c.Wall), cpu: figures.Millis(c.CPU)})
		b.goals.Want(c.name, "≤ 40 ms of CPU", figures.Millis(c.CPU), c.CPU <= 40*time.Millisecond)
	}
	b.goals.Want("live heap for each token, as made", "≤ 190 B", fmt.Sprintf("%.0f B", in.heap), in.heap <= 190)
	b.goals.Want("… once each has been used", "≤ 190 B", fmt.Sprintf("%.0f B", in.used), in.used <= 190)
	b.goals.Want("… after half of them were replaced", "≤ 210 B", fmt.Sprintf("%.0f B", in.later), in.later <= 210)
}

// verified adds the rows of verification in process.
func (b *bench) verified(in interior) {
	add := func(name string, ns, ratio float64, of string) {
		b.row(row{name: name, ours: figures.Nanos(ns), reference: of, ratio: fmt.Sprintf("%.2f", ratio)})
	}
	hmac := figures.Nanos(in.hmac) + " (HMAC-SHA-256 of the string alone)"
	add("verify in process, one token, ten rules", in.hot, in.hot/in.hmac, hmac)
	b.rows[len(b.rows)-1].mallocs = figures.Number(in.mallocs)
	add("… a filter of 10,000 rules", in.wide, in.wide/in.hot, figures.Nanos(in.hot)+" (ten rules)")
	add("verify in process, "+figures.Number(float64(b.large.remembered()))+" tokens in turn", in.turn[1], in.turn[1]/in.hmac, hmac)
	for _, n := range cores()[1:] {
		add(fmt.Sprintf("… on %d cores, time between two", n), in.turn[n], in.turn[1]/in.turn[n], figures.Nanos(in.turn[1])+" (one core)")
	}
}
