package index

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"

	"tokenscale/authority/index/lastuse"
	"tokenscale/epoch"
	"tokenscale/token"
)

// One field more and a leaf takes the allocator's next larger piece, a sixth more memory; and a
// key that lies on two cache lines is waited for twice.
func TestALeafFillsItsPieceOfMemory(t *testing.T) {
	if size := unsafe.Sizeof(leaf{}); size > 8192-8 {
		t.Errorf("a leaf has %d bytes, want at most the allocator's 8 KiB less its header", size)
	}
	if at := unsafe.Offsetof(leaf{}.keys); (at+8)%64 != 0 {
		t.Errorf("the keys begin at %d, which is on no cache line", at)
	}
	if size := unsafe.Sizeof(meta{}) + unsafe.Sizeof(key{}) + unsafe.Sizeof(lastuse.Record{}); size != 128 {
		t.Errorf("a token has %d bytes, want 128", size)
	}
}

// Everything comes back as it was put, however long, and whatever else is in the leaf.
func TestAllOfATokenComesBack(t *testing.T) {
	x := New()
	long := strings.Repeat("\U0001f600", 253)
	put(x,
		token.Token{
			Number: 1<<48 - 1, ID: idOf(1), Name: long, Permissions: 0xffff, FilterID: "f", ExpireAt: epoch.End - 1, CreatedAt: epoch.End - 2, IssuedAt: epoch.End - 1,
			CreatedBy: token.Root, Digest: token.Digest{31: 1}, DigestKey: 1<<32 - 1, ReplacedBy: idOf(2), Replaces: idOf(3), ToldDays: 14,
		},
		token.Token{Number: 7, ID: "short", Name: "Straße", CreatedAt: 5, CreatedBy: idOf(1)},
		token.Token{ID: idOf(4), Name: "plain", CreatedAt: 5, IssuedAt: 5, CreatedBy: idOf(1), Replaces: idOf(1)},
		token.Token{ID: idOf(5), Name: strings.Repeat("ΐ", 253), IssuedAt: 9},
	)
	want := map[token.ID]token.Token{}
	for e := range x.ByName() {
		want[e.ID()] = e.Token()
	}
	if v := want[idOf(1)]; v.Name != long || v.FilterID != "f" || v.IssuedAt != epoch.End-1 || v.ReplacedBy != idOf(2) || v.ToldDays != 14 || v.DigestKey != 1<<32-1 || v.Number != 1<<48-1 {
		t.Errorf("got %+v", v)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 300 { // others come and go beside them
		v := token.Token{ID: idOf(100 + r.IntN(60)), Name: fmt.Sprint("N", i), CreatedBy: idOf(i % 7), IssuedAt: epoch.Millis(i % 2), ReplacedBy: idOf(i % 5)}
		put(x, v)
		if got := find(t, x, v.ID).Token(); got != v {
			t.Fatalf("got %+v, want %+v", got, v)
		}
		drop(x, idOf(100+r.IntN(60)))
	}
	for id, v := range want {
		if got := find(t, x, id).Token(); got != v {
			t.Errorf("%s is %+v, want %+v", id, got, v)
		}
	}
}

func TestAnIDIsNotItsBeginning(t *testing.T) {
	for _, id := range []token.ID{"t", idOf(1)[:31], idOf(1)} {
		k := key{id: padded(id)}
		if !k.is(id) || k.is(id[:len(id)-1]) || k.is(id+"1") || idIn(&k.id) != id {
			t.Errorf("the key of %q is taken for another one", id)
		}
	}
}

// A token that is gone leaves room that the next takes.
func TestRoomIsUsedAgain(t *testing.T) {
	x := New()
	for round := range 20 {
		for i := range 500 {
			put(x, tokenOf(round*500+i, fmt.Sprint(i), 0))
		}
		for i := range 500 {
			drop(x, idOf(round*500+i))
		}
	}
	const most = 500/leafSize + 1
	if got := x.books.room.Len(); got > most || x.Len() != 0 {
		t.Errorf("%d leaves for at most 500 tokens at a time, want at most %d; %d tokens left", got, most, x.Len())
	}
	for range x.now().leaves.all() {
		t.Error("a leaf without tokens is kept")
	}
}

// A search is several times as fast where like names lie side by side.
func TestANewTokenTakesTheRoomBesideItsNeighbourByName(t *testing.T) {
	const count = 50 * leafSize
	all := make([]token.Token, count)
	for i := range all {
		all[i] = tokenOf(i*7%count, fmt.Sprintf("%06d", i*7%count), 0)
	}
	x := New()
	load(x, all)
	at := func(n int) uint32 {
		cell, _ := x.now().find(x.hash(idOf(n)), idOf(n))
		return cell >> leafBits
	}
	for i := range count - 1 {
		if at(i) > at(i+1) {
			t.Fatalf("%06d is in leaf %d, and the one behind it in leaf %d", i, at(i), at(i+1))
		}
	}
	home := map[int]uint32{}
	for i := range 40 {
		n := 11*leafSize*(i%4+1) + i
		home[n] = at(n)
		drop(x, idOf(n))
	}
	for n, leaf := range home {
		put(x, tokenOf(n, fmt.Sprintf("%06d", n), 0))
		if got := at(n); got != leaf {
			t.Errorf("token %d was in leaf %d, and its like is in leaf %d", n, leaf, got)
		}
	}
}

// Who asks for tokens that do not exist meets as many made-up ones, spread like real ones.
func TestStandInsAreManyAndNobody(t *testing.T) {
	x := New()
	seen := map[token.ID]bool{}
	for i := range 5000 {
		e, ok := x.Find(idOf(i))
		if ok || len(e.ID()) != 32 || e.Name() != "nobody" || e.Token().CreatedAt != 1 || e.Token().ExpireAt != 0 {
			t.Fatalf("for %d stands %+v, %v", i, e.Token(), ok)
		}
		seen[e.ID()] = true
	}
	if len(seen) != standInLeaves*leafSize {
		t.Errorf("%d stand-ins were met, want %d", len(seen), standInLeaves*leafSize)
	}
	for id := range seen {
		if _, ok := x.Find(id); ok {
			t.Errorf("%s is found", id)
		}
	}
}

func TestASearchDoesNotReachAcrossNames(t *testing.T) {
	x := New()
	put(x, tokenOf(1, "ab", 0), tokenOf(2, "ba", 0), tokenOf(3, "b", 0))
	for part, want := range map[string]int{"b": 3, "ba": 1, "\n": 0, "ab\n": 0, "\nb": 0, "b\nba": 0} {
		if p := x.Page(token.Query{Search: part, Limit: 5}, now); p.Total != want || len(p.Entries) != want {
			t.Errorf("%q is found in %d names, want %d", part, p.Total, want)
		}
	}
}
