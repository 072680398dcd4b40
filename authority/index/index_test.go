package index

import (
	"flag"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tokenscale/epoch"
	"tokenscale/ipfilter"
	"tokenscale/token"
)

func TestMain(m *testing.M) {
	if raceEnabled { // everything takes ten times as long
		if err := flag.Set("rapid.checks", "20"); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

func TestAWalkSeesThePictureOfItsMoment(t *testing.T) {
	x := New()
	for i := range 2000 {
		put(x, tokenOf(i, fmt.Sprint(i%7), 0))
	}
	seen := 0
	for e := range x.ByName() {
		if seen == 0 { // change everything under its feet
			for i := range 2000 {
				drop(x, idOf(i))
				put(x, tokenOf(5000+i, "new", 1))
			}
		}
		if e.Name() == "new" || e.ExpireAt() != 0 {
			t.Fatalf("the walk sees the later token %s", e.ID())
		}
		seen++
	}
	if seen != 2000 || x.Len() != 2000 {
		t.Errorf("the walk saw %d tokens, want 2000", seen)
	}
}

func TestReadersAndAWriterAtTheSameTime(t *testing.T) {
	x := New()
	for i := range 500 {
		put(x, tokenOf(i, "n", 0))
	}
	stop := make(chan struct{})
	var work sync.WaitGroup
	for range 3 {
		work.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if p := x.Page(token.Query{Search: "n", Limit: 1000}, 1); p.Total != 500 || len(p.Entries) != 500 {
					t.Errorf("a search finds %d tokens, want 500", p.Total)
					return
				}
				p := x.Page(token.Query{Limit: 1000, Order: token.ByExpiry}, 1)
				if e, ok := x.Find(idOf(1000)); p.Total != len(p.Entries) || ok && e.Name() == "" {
					t.Errorf("%d of %d", len(p.Entries), p.Total)
				}
			}
		})
	}
	for i := range 300 {
		x.Update(func(b *Batch) { // one goes, one comes: nobody sees the moment between
			b.DropRow(numberOf(idOf(i)), false)
			b.Put(tokenOf(1000+i, "n", epoch.Millis(i)))
		})
	}
	close(stop)
	work.Wait()
}

func TestAChangedTokenKeepsItsLastUse(t *testing.T) {
	x := New()
	put(x, tokenOf(1, "a", 0))
	held := find(t, x, idOf(1)) // by a request that is under way
	put(x, tokenOf(1, "b", 0))
	x.Touch(held, 77, home)
	if got := find(t, x, idOf(1)).LastUse(); got.At != 77 || got.From != home {
		t.Errorf("the last use is %+v", got)
	}
}

// A row that is brought up to date with the policies says what was known before, and copies
// nothing. Whatever else a row says counts.
func TestPuttingWhatIsThereCopiesNothing(t *testing.T) {
	x := New()
	known := token.Token{
		Number: 1, ID: idOf(1), Name: "nurse", Permissions: 3, FilterID: "f", ExpireAt: 90, CreatedAt: 5, IssuedAt: 7,
		CreatedBy: token.Root, Digest: token.Digest{1}, DigestKey: 1,
	}
	put(x, known, tokenOf(2, "other", 0))
	found := func() (*leaf, Entry) {
		p := x.now()
		cell, _ := p.find(x.hash(known.ID), known.ID)
		l, _ := p.at(cell)
		return l, Entry{p, l, cell}
	}
	before, _ := found()
	if put(x, known); before != first(found()) {
		t.Error("a token that was put again was copied")
	}
	for what, change := range map[string]func(*token.Token){
		"name": func(t *token.Token) { t.Name = "Nurse" }, "permissions": func(t *token.Token) { t.Permissions = 1 },
		"filter": func(t *token.Token) { t.FilterID = "g" }, "expiry": func(t *token.Token) { t.ExpireAt = 80 },
		"issued": func(t *token.Token) { t.IssuedAt = 8 }, "creator": func(t *token.Token) { t.CreatedBy = idOf(2) },
		"digest": func(t *token.Token) { t.Digest[0] = 2 }, "digest key": func(t *token.Token) { t.DigestKey = 2 },
		"successor": func(t *token.Token) { t.ReplacedBy = idOf(3) }, "predecessor": func(t *token.Token) { t.Replaces = idOf(4) },
		"told days": func(t *token.Token) { t.ToldDays = 9 },
	} {
		put(x, known)
		before, _ := found()
		changed := known
		change(&changed)
		if put(x, changed); first(found()) == before {
			t.Errorf("the %s was changed, and nothing was copied", what)
		} else if _, e := found(); e.Token() != changed {
			t.Errorf("the %s was changed, and there is %+v", what, e.Token())
		}
	}
	put(x, known)
	x.Update(func(b *Batch) { b.DistrustRow(known.Number, false) })
	put(x, known)
	if _, e := found(); e.Distrusted() {
		t.Error("a token that was put anew is distrusted still")
	}
}

func first(l *leaf, _ Entry) *leaf { return l }

func TestTheLastUseNeverGoesBack(t *testing.T) {
	x := New()
	put(x, tokenOf(1, "a", 0))
	e := find(t, x, idOf(1))
	x.Touch(e, 50, home)
	x.Touch(e, 40, home)
	x.Touch(e, 30, home)
	if got := e.LastUse().At; got != 50 {
		t.Errorf("the last use is %d, want 50", got)
	}
}

func TestEachUsedTokenIsTakenOnceARound(t *testing.T) {
	x := New()
	put(x, tokenOf(1, "a", 0), tokenOf(2, "b", 0), tokenOf(3, "c", 0))
	for at := range epoch.Millis(10) {
		x.Touch(find(t, x, idOf(1)), at+1, home)
		x.Touch(find(t, x, idOf(2)), at+1, home)
	}
	drop(x, idOf(2))
	got := x.TakeUsed()
	if len(got) != 1 || got[0].ID != idOf(1) || got[0].At != 10 || len(x.TakeUsed()) != 0 {
		t.Errorf("taken: %+v", got)
	}
	x.Touch(find(t, x, idOf(1)), 20, home)
	x.PutBackUsed(got) // what could not be written comes again, once
	if again := x.TakeUsed(); len(again) != 1 || again[0].At != 20 {
		t.Errorf("taken again: %+v", again)
	}
}

func TestAFilterWhoseRulesCannotBeReadLetsNobodyIn(t *testing.T) {
	x := New()
	if x.SetFilter(ipfilter.Filter{ID: "f", Text: "nonsense"}) {
		t.Error("nonsense was taken for rules")
	}
	if x.Rules("f").Allows(home) || x.Rules("none").Allows(home) {
		t.Error("somebody was let in")
	}
	if _, ok := x.Filter("f"); !ok {
		t.Error("it is not listed")
	}
	x.DropFilter("f")
	if len(x.Filters("")) != 0 {
		t.Error("it is still listed")
	}
}

func TestNobodyHasATokenThatDoesNotExist(t *testing.T) {
	x := New()
	for _, id := range []token.ID{"", "localroot", idOf(1), idOf(1) + "longer"} {
		if _, ok := x.Find(id); ok {
			t.Errorf("Find(%q) found one", id)
		}
	}
	put(x, tokenOf(1, "a", 0))
	for _, id := range []token.ID{"", idOf(1) + "longer", idOf(1)[:31]} {
		if _, ok := x.Find(id); ok {
			t.Errorf("Find(%q) found one", id)
		}
	}
}

func TestAMillionTokens(t *testing.T) {
	if testing.Short() {
		t.Skip("a million tokens take some seconds")
	}
	n := 1_000_000
	if raceEnabled {
		n = 30_000
	}
	tokens := make([]token.Token, n)
	for i := range tokens {
		tokens[i] = tokenOf(i, fmt.Sprintf("token %07d", n-i), epoch.Millis(i%1000))
	}
	x := New()
	begun := time.Now()
	load(x, tokens)
	t.Logf("loading took %v", time.Since(begun))
	for _, q := range []token.Query{{Skip: n - 10}, {Skip: n / 2, Descending: true}, {Skip: n / 2, Order: token.ByExpiry}, {Search: "2999"}} {
		q.Limit = 5
		begun = time.Now()
		p := x.Page(q, 1)
		t.Logf("%+v took %v", q, time.Since(begun))
		if len(p.Entries) != 5 || q.Search == "" && p.Total != n {
			t.Errorf("%+v: %d of %d", q, len(p.Entries), p.Total)
		}
	}
	if got := idsOf(x.Page(token.Query{Skip: n - 1, Limit: 1}, 1).Entries); len(got) != 1 || got[0] != idOf(0) {
		t.Errorf("the last by name is %v", got)
	}
}

func TestFindingAndTouchingAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	x := New()
	put(x, tokenOf(1, "a", 0))
	id := idOf(1)
	x.Touch(find(t, x, id), 1, home)
	if n := testing.AllocsPerRun(1000, func() {
		e, _ := x.Find(id)
		_ = e.Token()
		x.Touch(e, 2, home)
	}); n >= 1 {
		t.Errorf("allocations = %v, want 0", n)
	}
}

// A request that was overtaken brings an earlier moment from another address: the
// later moment stays, and with it the address it came from.
func TestTouch_ALaterUseKeepsItsOwnAddress(t *testing.T) {
	x := New()
	x.Update(func(b *Batch) { b.Put(token.Token{Number: 1, ID: "t"}) })
	e := find(t, x, "t")
	away := netip.MustParseAddr("10.9.9.9")
	x.Touch(e, 50, home)
	x.Touch(e, 40, away)
	if u := e.LastUse(); u.At != 50 || u.From != home {
		t.Errorf("last used at %v from %v, want 50 from %v", u.At, u.From, home)
	}
	x.Touch(e, 60, away)
	if u := e.LastUse(); u.At != 60 || u.From != away {
		t.Errorf("last used at %v from %v, want 60 from %v", u.At, u.From, away)
	}
}

// Whatever order many requests come in, time and address are those of one of
// them, and of the latest.
func TestTouch_TimeAndAddressAreOfOneRequest(t *testing.T) {
	x := New()
	x.Update(func(b *Batch) { b.Put(token.Token{Number: 1, ID: "t"}) })
	e := find(t, x, "t")
	var all sync.WaitGroup
	const n = 2000
	for g := range 8 {
		all.Go(func() {
			for i := range n { // each moment has an address of its own
				at := i*8 + g + 1
				x.Touch(e, epoch.Millis(at), netip.AddrFrom4([4]byte{10, 0, 0, byte(at % 8)}))
			}
		})
	}
	all.Wait()
	if u := e.LastUse(); u.At != 8*n || u.From != netip.AddrFrom4([4]byte{10, 0, 0, 0}) {
		t.Errorf("last used at %v from %v, want %v from 10.0.0.0", u.At, u.From, 8*n)
	}
}
