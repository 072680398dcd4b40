package index

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"runtime"
	"slices"
	"sync"

	"tokenscale/token"
)

// A Loader collects the tokens for Load. It is safe for concurrent use.
type Loader struct {
	mu      sync.Mutex
	entries [][]*Entry
}

// Add collects tokens, which are the caller's again when it returns. Hidden ones
// are left out.
func (l *Loader) Add(tokens []token.Token) {
	entries := make([]*Entry, 0, len(tokens))
	for _, t := range tokens {
		if !t.Hidden() {
			entries = append(entries, newEntry(t))
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, entries)
}

// Load fills an empty Index with what was collected. It is much faster than
// Put for each token: a start with a million tokens spends most of its time here.
func (x *Index) Load(l *Loader) {
	entries := slices.Concat(l.entries...)
	x.mu.Lock()
	defer x.mu.Unlock()
	var work sync.WaitGroup
	work.Go(func() { x.tokens.fill(entries) })
	work.Go(func() {
		x.bySlot = make(map[slot]*Entry, len(entries))
		for _, e := range entries {
			x.bySlot[e.slot()] = e
		}
	})
	byName := sortByName(entries)
	work.Go(func() { x.byName.fillNamed(byName) })
	x.byExpiry.fill(sortByExpiry(byName))
	work.Wait()
}

// inParallel calls fn with parts of the numbers up to n, on all cores.
func inParallel(n int, fn func(from, to int)) {
	var work sync.WaitGroup
	size := n/runtime.GOMAXPROCS(0) + 1
	for from := 0; from < n; from += size {
		work.Go(func() { fn(from, min(from+size, n)) })
	}
	work.Wait()
}

// A named is an entry while it is sorted by name: the next eight letters of
// its folded name as a number, which compares fast, and the rest.
type named struct {
	key   uint64
	entry *Entry
	text  []byte // folded
}

// sortByName returns the entries by name.
func sortByName(entries []*Entry) []named {
	list := make([]named, len(entries))
	inParallel(len(entries), func(from, to int) {
		var room []byte
		for i := from; i < to; i++ {
			e := entries[i]
			if cap(room)-len(room) < 4*len(e.name) {
				room = make([]byte, 0, 1<<20)
			}
			begin := len(room)
			room = appendFold(room, e.name)
			list[i] = named{entry: e, text: room[begin:len(room):len(room)]}
			list[i].key = letters(list[i].text, 0)
		}
	})
	multikey(list, 0, 2*runtime.GOMAXPROCS(0))
	return list
}

// letters returns the eight letters of text from depth on, as a number that
// orders like them. Behind the end stand zeros, which no name holds.
func letters(text []byte, depth int) uint64 {
	if len(text) >= depth+8 {
		return binary.BigEndian.Uint64(text[depth:])
	}
	var buf [8]byte
	if depth < len(text) {
		copy(buf[:], text[depth:])
	}
	return binary.BigEndian.Uint64(buf[:])
}

// multikey sorts names that are equal up to depth: a quicksort that splits
// into less, equal and greater by eight letters at a time (Bentley and
// Sedgewick, 1997). Names of machines share long beginnings, on which
// comparing whole strings wastes its time. spare bounds the goroutines.
func multikey(list []named, depth, spare int) {
	for len(list) > 24 {
		low, high := split(list)
		var work sync.WaitGroup
		part := func(l []named) {
			if spare > 1 && len(l) > 10_000 {
				work.Go(func() { multikey(l, depth, spare/2) })
				return
			}
			multikey(l, depth, 0)
		}
		part(list[:low])
		part(list[high:])
		work.Wait()
		list = list[low:high] // equal so far
		if list[0].key&0xff == 0 {
			break // the names end here: they are the same
		}
		depth += 8
		for i := range list {
			list[i].key = letters(list[i].text, depth)
		}
	}
	slices.SortFunc(list, func(a, b named) int {
		return cmp.Or(bytes.Compare(a.text, b.text), cmp.Compare(a.entry.ID(), b.entry.ID()))
	})
}

// split moves what is less than a middle key to the front and what is greater
// to the back, and returns where the equal ones begin and end.
func split(list []named) (low, high int) {
	pivot := median(list[0].key, list[len(list)/2].key, list[len(list)-1].key)
	high = len(list)
	for i := 0; i < high; {
		switch key := list[i].key; {
		case key < pivot:
			list[low], list[i] = list[i], list[low]
			low++
			i++
		case key > pivot:
			high--
			list[high], list[i] = list[i], list[high]
		default:
			i++
		}
	}
	return low, high
}

func median(a, b, c uint64) uint64 { return max(min(a, b), min(max(a, b), c)) }

// sortByExpiry returns entries that are in the order of names by expiry.
func sortByExpiry(byName []named) []*Entry {
	type ending struct {
		key  uint64
		rank int32
	}
	list := make([]ending, len(byName))
	for i, n := range byName {
		list[i] = ending{expiryKey(n.entry), int32(i)}
	}
	slices.SortFunc(list, func(a, b ending) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.rank, b.rank)) })
	out := make([]*Entry, len(list))
	for i, l := range list {
		out[i] = byName[l.rank].entry
	}
	return out
}
