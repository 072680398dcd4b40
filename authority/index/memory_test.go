package index

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"tokenscale/epoch"
	"tokenscale/token"
)

// Live heap for each token of a large fleet, in bytes and in objects, new and after half of them
// were replaced at random. It was 181, 183 and 0.12 when this was written.
const (
	mostBytes         = 200
	mostBytesReplaced = 210
	mostObjects       = 0.2
)

// nurse is a token as a machine makes it.
func nurse(r *rand.Rand, n int) token.Token {
	words := []string{"ingest", "backup", "nurse", "deploy", "prod", "staging", "health", "operator", "cluster", "billing"}
	v := token.Token{
		Number: token.Number(n + 1), ID: token.ID(fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64())),
		Name:      fmt.Sprintf("%s-%s-%07d", words[r.IntN(10)], words[r.IntN(10)], r.IntN(10_000_000)),
		ExpireAt:  epoch.Millis(1_800_000_000_000 + r.Int64N(1e10)),
		CreatedAt: epoch.Millis(1_790_000_000_000 + n), IssuedAt: epoch.Millis(1_790_000_000_000 + n), CreatedBy: token.Root,
	}
	if n%20 == 0 {
		v.CreatedBy = idOf(n / 1000)
	}
	return v
}

func TestATokenTakesLittleMemoryAndHardlyAnObject(t *testing.T) {
	if raceEnabled || testing.Short() {
		t.Skip("the race detector needs memory of its own")
	}
	const count = 100_000
	ids := make([][idSize]byte, count)
	before := heap()
	r := rand.New(rand.NewPCG(1, 2))
	x := New()
	fill(x, r, ids)
	check := func(when string, most float64) {
		now := heap()
		bytes, objects := (now.HeapAlloc-before.HeapAlloc)/count, float64(now.HeapObjects-before.HeapObjects)/count
		if float64(bytes) > most || objects > mostObjects {
			t.Errorf("%s a token takes %d bytes and %.2f objects, want at most %v and %v", when, bytes, objects, most, mostObjects)
		}
		t.Logf("%s a token takes %d bytes and %.2f objects", when, bytes, objects)
	}
	check("new", mostBytes)
	for e := range x.ByNumber() {
		x.Touch(e, 1, home)
	}
	check("used", mostBytes)
	for i := range count / 2 {
		x.Update(func(b *Batch) {
			n := r.IntN(count)
			b.Drop(token.ID(ids[n][:]))
			v := nurse(r, count+i)
			ids[n] = padded(v.ID)
			b.Put(v)
		})
	}
	check("after half were replaced", mostBytesReplaced)
	runtime.KeepAlive(x)
	runtime.KeepAlive(ids)
}

func fill(x *Index, r *rand.Rand, ids [][idSize]byte) {
	tokens := make([]token.Token, len(ids))
	for i := range tokens {
		tokens[i] = nurse(r, i)
		ids[i] = padded(tokens[i].ID)
	}
	load(x, tokens)
}

func heap() (m runtime.MemStats) {
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m
}

// No single change copies much, however many tokens there are, and also where something has become
// too small and grows: nobody meets a pause.
func TestNoChangeCopiesMuch(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector needs memory of its own")
	}
	const most = 160 << 10
	r := rand.New(rand.NewPCG(3, 4))
	x := New()
	count := 20_000
	if testing.Short() {
		count = 5000
	}
	var before, after runtime.MemStats
	for i := range count {
		v := nurse(r, i)
		runtime.ReadMemStats(&before)
		put(x, v)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > most {
			t.Fatalf("the %dth token took %d bytes to put, want at most %d", i, got, most)
		}
	}
}
