//go:build bench

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"iter"
	mathrand "math/rand/v2"
	"path/filepath"
	"runtime"
	"sync"
	"time"
	"unsafe"

	"tokenscale/authority"
	"tokenscale/authority/index/caseless"
	"tokenscale/authority/keyring"
	"tokenscale/authority/rows"
	"tokenscale/bench/fleet"
	"tokenscale/ipfilter"
	"tokenscale/store/bolt"
	"tokenscale/token"
)

// A house is a data folder with tokens in it.
type house struct {
	folder    string
	size      int    // tokens
	strings   []byte // of tokens, at most kept, one after the other, in no order
	ten, wide string // two of them, of a token with ten rules and of one with as many as can be
	names     []byte // all names, folded, a line each
	root      string
	many      bool // one in a hundred tokens has as many rules as can be
}

// kept is how many strings of tokens are remembered: enough that using them
// in turn finds none of their tokens in a cache of the processor. They are one
// piece of memory, so that the collector, which is measured too, passes them by.
const kept = 1_000_000

// long is the length of the string of a token.
const long = 32 + 1 + 44

// remembered returns how many strings there are.
func (h *house) remembered() int { return len(h.strings) / long }

// secret returns the i-th string.
func (h *house) secret(i int) string {
	text := h.strings[i*long:][:long]
	return unsafe.String(&text[0], long)
}

// id returns the id of the i-th.
func (h *house) id(i int) string { return h.secret(i)[:32] }

// shuffle leaves the strings in no order: tokens lie in the server's memory as
// they were made, and callers do not come in that order.
func (h *house) shuffle() {
	r, other := mathrand.New(mathrand.NewPCG(1, 2)), make([]byte, long)
	r.Shuffle(h.remembered(), func(i, j int) {
		a, b := h.strings[i*long:][:long], h.strings[j*long:][:long]
		copy(other, a)
		copy(a, b)
		copy(b, other)
	})
}

// build makes a data folder with n tokens as machines make them: long
// beginnings in common, most with an expiry, half with a filter. With used,
// each of them has been used.
func (b *bench) build(name string, n int, used bool) (*house, error) {
	folder := filepath.Join(b.folder, name)
	// So many rules would weigh the more, the fewer tokens there are.
	h := &house{folder: folder, size: n, many: !b.growth}
	db, err := bolt.Open(bolt.Options{Folder: folder, Tables: rows.Tables(), Now: time.Now, BatchBytes: 16 << 20})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	keys, err := keyring.Create(filepath.Join(folder, "keys"), rand.Reader)
	if err != nil {
		return nil, err
	}
	a, err := authority.Open(context.Background(), authority.Options{DB: db, Keys: keys, Now: time.Now, Random: rand.Reader, Log: silent()})
	if err != nil {
		return nil, err
	}
	root, _, err := a.FirstRoot(context.Background())
	if err != nil {
		return nil, err
	}
	h.root = root.Reveal()
	if err := a.Close(context.Background()); err != nil {
		return nil, err
	}
	filters := []ipfilter.Filter{{ID: fleet.FilterID, Name: "ten", Text: fleet.TenRules}}
	if h.many {
		filters = append(filters, ipfilter.Filter{ID: fleet.WideID, Name: "many", Text: fleet.ManyRules()})
	}
	var failed error
	err = rows.Seed(b.ctx, db, keys, filters, h.batches(keys, &failed), used)
	h.shuffle()
	return h, errors.Join(err, failed)
}

// batches makes the tokens. The first half comes in few batches, which is
// fast but rewrites the whole file each time; the second half in smaller
// ones, so that the file is left with little free space, as a real one is.
func (h *house) batches(keys *keyring.Keys, failed *error) iter.Seq[[]token.Token] {
	return func(yield func([]token.Token) bool) {
		for from := 0; from < h.size; {
			size := max(1000, h.size/1000)
			if from < h.size/2 {
				size = max(1000, h.size/20)
			}
			batch, err := h.mint(keys, from, min(size, h.size-from))
			if *failed = err; err != nil || !yield(batch) {
				return
			}
			from += len(batch)
		}
	}
}

// mint makes n tokens, on all cores, and remembers what is asked for later.
func (h *house) mint(keys *keyring.Keys, from, n int) ([]token.Token, error) {
	batch, secrets := make([]token.Token, n), make([]string, n)
	workers := runtime.GOMAXPROCS(0)
	errs := make([]error, workers)
	var work sync.WaitGroup
	for w := range workers {
		work.Go(func() {
			r := mathrand.New(mathrand.NewPCG(uint64(from), uint64(w)))
			for i := w; i < n && errs[w] == nil; i += workers {
				batch[i], secrets[i], errs[w] = fleet.Token(keys, r, from+i, h.many)
			}
		})
	}
	work.Wait()
	if from == 0 {
		h.ten, h.wide = secrets[0], secrets[1]
	}
	for _, s := range secrets[:min(n, kept-h.remembered())] {
		h.strings = append(h.strings, s...)
	}
	for _, t := range batch {
		h.names = append(append(h.names, caseless.Fold(t.Name)...), '\n')
	}
	return batch, errors.Join(errs...)
}
