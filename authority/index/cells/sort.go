package cells

import (
	"cmp"
	"encoding/binary"
	"runtime"
	"slices"
	"sync"
)

// A keyed is a cell while it is sorted, with a number to go by.
type keyed struct {
	key  uint64
	cell uint32
}

func keyedBy(list []uint32, keyOf func(cell uint32) uint64) []keyed {
	keys := make([]keyed, len(list))
	for i, cell := range list {
		keys[i] = keyed{keyOf(cell), cell}
	}
	return keys
}

func cellsOf(list []keyed) []uint32 {
	out := make([]uint32, len(list))
	for i := range list {
		out[i] = list[i].cell
	}
	return out
}

// Letters returns the eight letters of a text from depth on, as a number that orders like them.
// Behind the end stand zeros.
func Letters(text []byte, depth int) uint64 {
	if len(text) >= depth+8 {
		return binary.BigEndian.Uint64(text[depth:])
	}
	var buf [8]byte
	if depth < len(text) {
		copy(buf[:], text[depth:])
	}
	return binary.BigEndian.Uint64(buf[:])
}

// SortByText returns cells by a text, in which no letter is zero, and those with the same text by
// compare.
func SortByText(list []uint32, textOf func(cell uint32) []byte, compare func(a, b uint32) int) []uint32 {
	s := textSort{textOf, compare}
	keys := keyedBy(list, func(cell uint32) uint64 { return Letters(textOf(cell), 0) })
	s.sort(keys, 0, 2*runtime.GOMAXPROCS(0))
	return cellsOf(keys)
}

type textSort struct {
	textOf  func(cell uint32) []byte
	compare func(a, b uint32) int
}

// sort sorts texts that are equal up to depth: a quicksort that splits into less, equal and greater
// by eight letters at a time (Bentley and Sedgewick, 1997). Names of machines share long
// beginnings, on which comparing whole strings wastes its time. spare bounds the goroutines.
func (s textSort) sort(list []keyed, depth, spare int) {
	for len(list) > 24 {
		low, high := split(list)
		var work sync.WaitGroup
		part := func(l []keyed) {
			if spare > 1 && len(l) > 10_000 {
				work.Go(func() { s.sort(l, depth, spare/2) })
				return
			}
			s.sort(l, depth, 0)
		}
		part(list[:low])
		part(list[high:])
		work.Wait()
		list = list[low:high] // equal so far
		if list[0].key&0xff == 0 {
			break // the texts end here: they are the same
		}
		depth += 8
		for i := range list {
			list[i].key = Letters(s.textOf(list[i].cell), depth)
		}
	}
	slices.SortFunc(list, func(a, b keyed) int {
		return cmp.Or(cmp.Compare(a.key, b.key), slices.Compare(s.textOf(a.cell), s.textOf(b.cell)), s.compare(a.cell, b.cell))
	})
}

// split moves what is less than a middle key to the front and what is greater to the back, and
// returns where the equal ones begin and end.
func split(list []keyed) (low, high int) {
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

const digitBits = 12 // of a number, by which a round of SortByNumber sorts

// SortByNumber returns cells by a number of 48 bits, and those with the same number as they were: a
// radix sort.
func SortByNumber(list []uint32, numberOf func(cell uint32) uint64) []uint32 {
	return cellsOf(sortByNumber(list, numberOf))
}

func sortByNumber(list []uint32, numberOf func(cell uint32) uint64) []keyed {
	from, to := keyedBy(list, numberOf), make([]keyed, len(list))
	all, some := ^uint64(0), uint64(0) // bits that all numbers have, and that some have
	for i := range from {
		all, some = all&from[i].key, some|from[i].key
	}
	for shift := 0; shift < 48; shift += digitBits {
		if (all^some)>>shift%(1<<digitBits) != 0 { // else all have the same digit
			sortByDigit(to, from, shift)
			from, to = to, from
		}
	}
	return from
}

func sortByDigit(to, from []keyed, shift int) {
	var ends [1<<digitBits + 1]int
	for i := range from {
		ends[from[i].key>>shift%(1<<digitBits)+1]++
	}
	for i := range ends[1:] {
		ends[i+1] += ends[i]
	}
	for _, k := range from {
		at := &ends[k.key>>shift%(1<<digitBits)]
		to[*at] = k
		*at++
	}
}

// SortByNumberAndText returns cells by a number of 48 bits, and those with the same number by a
// text.
func SortByNumberAndText(list []uint32, numberOf func(cell uint32) uint64, textOf func(cell uint32) []byte) []uint32 {
	sorted := sortByNumber(list, numberOf)
	for begin := 0; begin < len(sorted); {
		end := begin + 1
		for end < len(sorted) && sorted[end].key == sorted[begin].key {
			end++
		}
		if end > begin+1 {
			same := sorted[begin:end]
			for i := range same {
				same[i].key = Letters(textOf(same[i].cell), 0)
			}
			textSort{textOf, func(_, _ uint32) int { return 0 }}.sort(same, 0, 2*runtime.GOMAXPROCS(0))
		}
		begin = end
	}
	return cellsOf(sorted)
}
