package index

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/permission"
	"tokenscale/token"
)

// versioned makes a token of which everything follows from its number and a version, so that a
// reader who sees parts of two knows it.
func versioned(n int, version uint64) token.Token {
	t := token.Token{
		Number: token.Number(n + 1), ID: idOf(n), Name: names[(uint64(n)+version&1)%uint64(len(names))], Permissions: permission.Set(version & 0xffff),
		ExpireAt: epoch.Millis(1000 + version), CreatedAt: epoch.Millis(n + 1), IssuedAt: epoch.Millis(uint64(n+1) + version%2),
		CreatedBy: []token.ID{token.Root, "x", "y"}[version%3], FilterID: []ipfilter.ID{"", "one", "two"}[version%3], DigestKey: token.KeyID(version % 5),
	}
	binary.BigEndian.PutUint64(t.Digest[8:], version)
	binary.BigEndian.PutUint64(t.Digest[16:], uint64(n))
	if version&12 == 12 {
		t.ReplacedBy = idOf(n % 100)
	}
	return t
}

func versionOf(e Entry) uint64 {
	digest, _ := e.Digest()
	return binary.BigEndian.Uint64(digest[8:])
}

// fleet is what readers and the writer of a test share.
type fleet struct {
	*testing.T
	x    *Index
	stop chan struct{}

	// By token: its version << 2, plus 2 if it was dropped in that version, plus 1 while it is
	// being changed.
	version [fleetSize]atomic.Uint64
	found   atomic.Int64
}

const fleetSize = 600

// Readers verify, list and walk at full speed while a writer changes, drops, makes and reuses.
// Nothing they see is a mixture, half of a batch, or a token that was dropped before they asked.
func TestReadersSeeNoMixture(t *testing.T) {
	f := &fleet{T: t, x: New(), stop: make(chan struct{})}
	var readers, writer sync.WaitGroup
	for worker := range 3 {
		readers.Go(func() { f.repeat(uint64(worker), f.verify) })
	}
	readers.Go(func() { f.repeat(7, f.list) })
	rounds := 8000
	if testing.Short() || raceEnabled {
		rounds = 3000
	}
	writer.Go(func() { f.change(rounds) })
	writer.Wait()
	close(f.stop)
	readers.Wait()
	if f.found.Load() == 0 {
		t.Error("no reader found a token")
	}
}

func (f *fleet) repeat(seed uint64, fn func(r *rand.Rand)) {
	for r := rand.New(rand.NewPCG(seed, 1)); ; fn(r) {
		select {
		case <-f.stop:
			return
		default:
		}
	}
}

// check checks that an entry is one version of one token, and not an older one than low.
func (f *fleet) check(e Entry, n int, low uint64) {
	if got, v := e.Token(), versionOf(e); got != versioned(n, v) {
		f.Errorf("a mixture: %+v, want %+v", got, versioned(n, v))
	} else if v < low {
		f.Errorf("token %d has version %d, but %d had been published", n, v, low)
	}
}

func (f *fleet) verify(r *rand.Rand) {
	n := r.IntN(fleetSize)
	before := f.version[n].Load()
	e, ok := f.x.Find(idOf(n))
	quiet := before&1 == 0 && before == f.version[n].Load()
	switch there := before != 0 && before&2 == 0; {
	case quiet && ok != there:
		f.Errorf("token %d at version %d: found %v, want %v", n, before>>2, ok, there)
	case !ok:
		return
	}
	f.found.Add(1)
	f.check(e, n, before>>2)
	from := netip.AddrFrom4([4]byte{byte(n >> 8), byte(n), 1, 1})
	if r.IntN(2) == 0 {
		from = netip.AddrFrom16([16]byte{15: byte(n), 14: byte(n >> 8), 0: 1})
	}
	f.x.Touch(e, epoch.Millis(1+r.IntN(100_000)), from)
	if u := e.LastUse(); u.At != 0 {
		b := u.From.As16()
		if u.From.Is4() && (b[12] != byte(n>>8) || b[13] != byte(n)) || !u.From.Is4() && (b[14] != byte(n>>8) || b[15] != byte(n) || b[0] != 1) {
			f.Errorf("token %d was used from %s", n, u.From)
		}
	}
}

// list asks for all tokens: one moment each.
func (f *fleet) list(r *rand.Rand) {
	q := token.Query{Order: token.Order(r.IntN(4)), Descending: r.IntN(2) == 0, Limit: 1000}
	switch r.IntN(4) {
	case 0:
		q.States = []token.State{token.Active, token.Expired, token.InGrace}
	case 1:
		q.Search = "s"
	}
	p := f.x.Page(q, 2000)
	if p.Total != len(p.Entries) {
		f.Errorf("%+v: %d in all, but a page of %d", q, p.Total, len(p.Entries))
	}
	pairs, seen := 0, map[token.ID]bool{}
	for _, e := range p.Entries {
		n := int(e.Token().CreatedAt) - 1
		f.check(e, n, 0)
		if seen[e.ID()] {
			f.Errorf("%s is listed twice", e.ID())
		}
		seen[e.ID()] = true
		if n >= fleetSize-2 {
			pairs++
		}
	}
	if q.Search == "" && pairs%2 != 0 { // the writer always changes the last two together
		f.Error("half of a batch was seen")
	}
	if r.IntN(10) == 0 {
		f.x.PutBackUsed(f.x.TakeUsed())
	}
}

func (f *fleet) change(rounds int) {
	r := rand.New(rand.NewPCG(99, 1))
	for round := range rounds {
		v := uint64(round + 1)
		n := r.IntN(fleetSize)
		changed := []int{n}
		if n >= fleetSize-2 {
			changed = []int{fleetSize - 2, fleetSize - 1}
		}
		dead := r.IntN(3) == 0
		for _, n := range changed {
			f.version[n].Or(1)
		}
		f.x.Update(func(b *Batch) {
			for _, n := range changed {
				if dead {
					b.Drop(idOf(n))
				} else {
					b.Put(versioned(n, v))
				}
			}
		})
		next := v << 2
		if dead {
			next |= 2
		}
		for _, n := range changed {
			f.version[n].Store(next)
		}
	}
}

// Not one use is lost while the token is being changed all the time: the last one stands when all
// is done, and is among those to be written.
func TestNoUseIsLostWhileATokenChanges(t *testing.T) {
	rounds := 300
	if testing.Short() || raceEnabled {
		rounds = 30
	}
	for round := range rounds {
		x := New()
		put(x, versioned(1, 1), versioned(2, 1))
		stop := make(chan struct{})
		var writer, reader sync.WaitGroup
		writer.Go(func() {
			for v := uint64(2); ; v++ {
				select {
				case <-stop:
					return
				default:
					put(x, versioned(1+int(v%2), v))
				}
			}
		})
		const last = 200
		reader.Go(func() {
			for i := range last {
				e, _ := x.Find(idOf(1))
				x.Touch(e, epoch.Millis(i+1), netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}))
				if i%50 == 0 {
					x.PutBackUsed(x.TakeUsed())
					x.TakeUsed()
				}
			}
		})
		reader.Wait()
		close(stop)
		writer.Wait()
		want := Use{idOf(1), last, netip.AddrFrom4([4]byte{10, 0, 0, last - 1})}
		if u := find(t, x, idOf(1)).LastUse(); u != want {
			t.Fatalf("round %d: last used %+v, want %+v", round, u, want)
		}
		if uses := x.TakeUsed(); !slices.Contains(uses, want) {
			t.Fatalf("round %d: to be written %+v, want %+v", round, uses, want)
		}
	}
}

// What could not be written is taken again, also if the token is changed meanwhile.
func TestAUseThatIsPutBackIsNotLostWhileATokenChanges(t *testing.T) {
	x := New()
	put(x, versioned(1, 1))
	x.Touch(find(t, x, idOf(1)), 5, home)
	for range 3 {
		uses := x.TakeUsed()
		if len(uses) != 1 || uses[0].At != 5 {
			t.Fatalf("to be written: %+v", uses)
		}
		held := find(t, x, idOf(1)) // as PutBackUsed has found it
		put(x, versioned(1, 2))
		x.takeAgain(held)
	}
}
