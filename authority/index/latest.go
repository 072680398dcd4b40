package index

import (
	"bytes"
	"cmp"
	"math/bits"
	"slices"

	"tokenscale/authority/index/cells"
	"tokenscale/epoch"
)

// A lastUsed is a token in the order by last use, which is then by id. When it was used is read
// once for all: it may be used again at any moment. In the other direction both numbers are
// inverted.
type lastUsed struct {
	at   uint64
	head uint64 // of the id
	cell uint32
}

// A selection keeps the first of many tokens by last use.
type selection struct {
	*picture
	flip   uint64 // all ones if the last come first
	wanted int
	kept   []lastUsed
	bar    lastUsed // what comes behind it is not wanted
}

// take takes the tokens of a leaf that are in a set, if after does not say otherwise.
func (s *selection) take(n uint32, l *leaf, set uint64, after func(lastUsed) bool) {
	for ; set != 0; set &= set - 1 {
		i := uint32(bits.TrailingZeros64(set))
		at := uint64(l.use[i].At()) ^ s.flip
		if at > s.bar.at { // most are not wanted
			continue
		}
		u := lastUsed{at, cells.Letters(l.keys[i].id[:], 0) ^ s.flip, n<<leafBits | i}
		if at == s.bar.at && u.head > s.bar.head || after != nil && !after(u) {
			continue
		}
		if s.kept = append(s.kept, u); len(s.kept) >= 2*s.wanted+1024 {
			s.sort()
		}
	}
}

func (s *selection) sort() {
	slices.SortFunc(s.kept, func(a, b lastUsed) int {
		return cmp.Or(cmp.Compare(a.at, b.at), s.compareIDs(a, &s.key(b.cell).id))
	})
	if len(s.kept) >= s.wanted {
		s.kept = s.kept[:s.wanted]
		s.bar = s.kept[s.wanted-1]
	}
}

// compareIDs compares the id of u with another, in the direction of s.
func (s *selection) compareIDs(u lastUsed, id *[idSize]byte) int {
	if head := cells.Letters(id[:], 0) ^ s.flip; u.head != head {
		return cmp.Compare(u.head, head)
	}
	return bytes.Compare(s.key(u.cell).id[:], id[:]) * (1 - 2*int(s.flip&1))
}

// latest returns the page by last use of those that were found, and one more that follows, if one
// does; and when the last of the page was used. No order is kept by last use, which changes with
// each request: it keeps as many of the first as it takes to show the page.
func (v *view) latest(found *cells.Bitmap) ([]Entry, epoch.Millis) {
	s := selection{picture: v.picture, wanted: min(v.q.Skip, v.size) + v.q.Limit + 1, bar: lastUsed{at: ^uint64(0), head: ^uint64(0)}}
	if v.q.Descending {
		s.flip = ^uint64(0)
	}
	var after func(lastUsed) bool
	if v.marked {
		at := uint64(v.used) ^ s.flip
		after = func(u lastUsed) bool { return cmp.Or(cmp.Compare(u.at, at), s.compareIDs(u, &v.after.id)) > 0 }
	}
	for n, l := range v.leaves.all() {
		s.take(n, l, found.Word(n)&l.live, after)
	}
	s.sort()
	kept := s.kept[min(v.q.Skip, len(s.kept)):]
	entries := make([]Entry, len(kept))
	for i, u := range kept {
		entries[i] = v.entry(u.cell)
	}
	if last := min(v.q.Limit, len(kept)) - 1; last >= 0 {
		return entries, epoch.Millis(kept[last].at ^ s.flip)
	}
	return entries, 0
}
