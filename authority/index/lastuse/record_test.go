package lastuse

import (
	"net/netip"
	"runtime"
	"sync"
	"testing"

	"tokenscale/epoch"
)

var (
	home = netip.MustParseAddr("192.0.2.1")
	away = netip.MustParseAddr("2001:db8::1")
)

func (v Version) is(at epoch.Millis, from netip.Addr) bool { return v.At() == at && v.From() == from }

func TestAnOvertakenUseChangesNeitherTimeNorAddress(t *testing.T) {
	var r Record
	if v := r.Get(); !v.is(0, netip.Addr{}) {
		t.Errorf("never used: %v from %v", v.At(), v.From())
	}
	for _, c := range []struct {
		at    epoch.Millis
		from  netip.Addr
		known epoch.Millis
		by    netip.Addr
	}{
		{50, home, 50, home}, {40, away, 50, home}, {50, away, 50, away}, {60, away, 60, away}, {60, home, 60, home},
		{70, netip.Addr{}, 70, netip.Addr{}}, {80, netip.MustParseAddr("::ffff:192.0.2.1"), 80, home},
	} {
		if !r.Note(c.at, c.from) {
			t.Fatal("it was not moved")
		}
		if v := r.Get(); !v.is(c.known, c.by) || r.At() != c.known {
			t.Errorf("after %d from %s: %d from %s", c.at, c.from, v.At(), v.From())
		}
	}
}

func TestEachUseIsTakenOnce(t *testing.T) {
	var r Record
	taken := func() epoch.Millis {
		v, ok := r.Take()
		if !ok {
			return 0
		}
		return v.At()
	}
	r.Note(5, home)
	r.Note(6, home)
	if a, b := taken(), taken(); a != 6 || b != 0 {
		t.Errorf("taken %d and %d, want 6 once", a, b)
	}
	r.Note(5, home) // nothing new
	if a := taken(); a != 0 {
		t.Errorf("an overtaken use was taken: %d", a)
	}
	if r.TakeAgain(); taken() != 6 {
		t.Error("it was not taken again")
	}
}

// What is noted between the copy and the hand-over is neither lost nor older than what the copy
// got itself.
func TestAMovedRecordLosesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		old, copied epoch.Millis // noted before others find the copy, and on the copy
		want        epoch.Millis
	}{"nothing": {0, 0, 5}, "the old one": {7, 0, 7}, "the copy": {0, 8, 8}, "both": {7, 8, 8}, "both, overtaken": {9, 8, 9}} {
		var old, copied Record
		old.Note(5, home)
		old.Take()
		was := old.Get()
		copied.Put(was)
		for r, at := range map[*Record]epoch.Millis{&old: c.old, &copied: c.copied} {
			if at > 0 {
				r.Note(at, away)
			}
		}
		old.HandOver(&copied, was)
		v := copied.Get()
		if _, fresh := copied.Take(); v.At() != c.want || fresh != (c.want != 5) {
			t.Errorf("%s: %d, to be written %v", name, v.At(), fresh)
		}
		if old.Note(100, away) || old.TakeAgain() {
			t.Errorf("%s: the old record takes what belongs to the copy", name)
		}
	}
}

// Each time has an address of its own: whoever reads another pair has seen a mixture.
func TestTimeAndAddressAreOfOneRequest(t *testing.T) {
	from := func(at int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, byte(at >> 8), byte(at)}) }
	var r Record
	var writers, readers sync.WaitGroup
	const most = 20_000
	stop := make(chan struct{})
	for g := range 4 {
		writers.Go(func() {
			for at := g + 1; at <= most; at += 4 {
				r.Note(epoch.Millis(at), from(at))
			}
		})
	}
	readers.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if v := r.Get(); v.At() != 0 && v.From() != from(int(v.At())) {
				t.Errorf("%d from %s is nobody's", v.At(), v.From())
			}
		}
	})
	writers.Wait()
	close(stop)
	readers.Wait()
	if v := r.Get(); !v.is(most, from(most)) {
		t.Errorf("the last use is %d from %s", v.At(), v.From())
	}
}

// A reader who has read one half of each address notices that by the word.
func TestAnotherAddressIsAnotherWordAlsoWithinAMillisecond(t *testing.T) {
	var r Record
	r.Note(1, home)
	r.Take()
	before := r.word.Load()
	r.Note(1, away)
	r.Take()
	if r.word.Load() == before {
		t.Error("the word is the same for two addresses")
	}
}

func TestAUseWaitsUntilAnotherIsWritten(t *testing.T) {
	var r Record
	r.Note(1, home)
	before := r.Get()
	r.word.Or(busy) // somebody begins
	var other sync.WaitGroup
	other.Go(func() { r.Note(2, away) })
	for range 1000 {
		runtime.Gosched()
	}
	if hi, lo := r.hi.Load(), r.lo.Load(); hi != before.hi || lo != before.lo {
		t.Error("two write at the same time")
	}
	r.word.And(^uint64(busy)) // and ends
	other.Wait()
	if v := r.Get(); !v.is(2, away) {
		t.Errorf("the last use is %d from %s", v.At(), v.From())
	}
}

// Within one millisecond only the sequence tells that the address has changed, and only the mark
// of who is writing it keeps two from doing so.
func TestAddressesOfOneMillisecondAreNotMixed(t *testing.T) {
	address := func(n byte) netip.Addr {
		return netip.AddrFrom16([16]byte{0: n, 7: n, 8: n, 15: n})
	}
	var r Record
	var writers, readers sync.WaitGroup
	stop := make(chan struct{})
	for g := range byte(3) {
		writers.Go(func() {
			for i := range 60_000 {
				r.Note(1, address(1+g*50+byte(i%50)))
			}
		})
	}
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if b := r.Get().From().As16(); r.At() != 0 && (b[0] != b[15] || b[7] != b[8]) {
					t.Errorf("%v is nobody's address", b)
					return
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
}
