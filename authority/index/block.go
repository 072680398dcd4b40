package index

import (
	"bytes"
	"slices"
	"sort"
)

// A block is some hundred entries that follow each other in an order, with
// what the order goes by in one piece of memory. In the order by name that is
// the folded names, one after the other: a search then runs through the names
// of a million tokens at the speed of memory, instead of following a million
// pointers.
type block struct {
	entries    []*Entry
	named      bool
	text       []byte   // folded names, each with a nameEnd behind it
	ends       []int32  // where the name of each entry ends, with its nameEnd
	endings    []uint64 // if not named: when the entries expire, see expiryKey
	generation uint64
}

// nameEnd stands behind each name. No name holds it: it is a control character.
const nameEnd = '\n'

func newBlock(entries []*Entry, isNamed bool, generation uint64) *block {
	if isNamed {
		list := make([]named, len(entries))
		for i, e := range entries {
			list[i] = named{entry: e, text: []byte(Fold(e.name))}
		}
		return namedBlock(list, generation)
	}
	b := &block{entries: entries, endings: make([]uint64, len(entries)), generation: generation}
	for i, e := range entries {
		b.endings[i] = expiryKey(e)
	}
	return b
}

func namedBlock(list []named, generation uint64) *block {
	size := len(list)
	for _, n := range list {
		size += len(n.text)
	}
	b := &block{
		entries: make([]*Entry, len(list)), named: true, generation: generation,
		text: make([]byte, 0, size), ends: make([]int32, len(list)),
	}
	for i, n := range list {
		b.entries[i] = n.entry
		b.text = append(append(b.text, n.text...), nameEnd)
		b.ends[i] = int32(len(b.text))
	}
	return b
}

func (b *block) clone(generation uint64) *block {
	return &block{
		entries: slices.Clone(b.entries), text: slices.Clone(b.text), ends: slices.Clone(b.ends),
		endings: slices.Clone(b.endings), named: b.named, generation: generation,
	}
}

// search returns how many entries come before a place.
func (b *block) search(p place) int {
	return sort.Search(len(b.entries), func(i int) bool { return !b.before(i, p) })
}

// before reports whether entry i comes before a place. It looks at the entry
// itself only if what lies in the block does not decide.
func (b *block) before(i int, p place) bool {
	if b.named {
		name := b.text[b.begin(i) : b.ends[i]-1]
		if string(name) != p.name {
			return string(name) < p.name
		}
		return b.entries[i].ID() < p.entry.ID()
	}
	if b.endings[i] != p.ending {
		return b.endings[i] < p.ending
	}
	return nameOrder(b.entries[i], p.entry) < 0
}

// begin returns where the name of entry i begins.
func (b *block) begin(i int) int32 {
	if i == 0 {
		return 0
	}
	return b.ends[i-1]
}

func (b *block) insert(i int, e *Entry) {
	b.entries = slices.Insert(b.entries, i, e)
	if !b.named {
		b.endings = slices.Insert(b.endings, i, expiryKey(e))
		return
	}
	name := append([]byte(Fold(e.name)), nameEnd)
	begin := b.begin(i)
	b.text = slices.Insert(b.text, int(begin), name...)
	b.ends = slices.Insert(b.ends, i, begin)
	b.shift(i, int32(len(name)))
}

func (b *block) remove(i int) {
	b.entries = slices.Delete(b.entries, i, i+1)
	if !b.named {
		b.endings = slices.Delete(b.endings, i, i+1)
		return
	}
	begin, end := b.begin(i), b.ends[i]
	b.text = slices.Delete(b.text, int(begin), int(end))
	b.ends = slices.Delete(b.ends, i, i+1)
	b.shift(i, begin-end)
}

// shift moves the ends from entry i on.
func (b *block) shift(i int, by int32) {
	for ; i < len(b.ends); i++ {
		b.ends[i] += by
	}
}

// holding calls fn with the entries whose folded name holds part, in their order.
func (b *block) holding(part []byte, fn func(*Entry)) {
	if len(part) == 0 {
		for _, e := range b.entries {
			fn(e)
		}
		return
	}
	for at, i := 0, 0; ; {
		hit := bytes.Index(b.text[at:], part)
		if hit < 0 {
			return
		}
		for hit += at; int(b.ends[i]) <= hit; i++ {
		}
		fn(b.entries[i])
		at = int(b.ends[i])
	}
}
