package cells

import (
	"math/bits"
	"sync"
)

// A Bitmap has a bit for each cell, in words of 64. A nil Bitmap has all. It is not safe for
// concurrent use.
type Bitmap struct{ words []uint64 }

var bitmaps = sync.Pool{New: func() any { return new(Bitmap) }}

// NewBitmap returns an empty Bitmap of so many words. Whoever is done with it may give it back.
func NewBitmap(words int) *Bitmap {
	b := bitmaps.Get().(*Bitmap)
	if cap(b.words) < words {
		b.words = make([]uint64, words)
	}
	b.words = b.words[:words]
	clear(b.words)
	return b
}

// GiveBack lets a later NewBitmap have the memory of b.
func (b *Bitmap) GiveBack() { bitmaps.Put(b) }

// SetWord sets 64 bits at once, and returns how many of them are ones.
func (b *Bitmap) SetWord(n uint32, word uint64) int {
	b.words[n] = word
	return bits.OnesCount64(word)
}

// Word returns 64 bits.
func (b *Bitmap) Word(n uint32) uint64 {
	if b == nil {
		return ^uint64(0)
	}
	return b.words[n]
}

// Has reports whether b has a cell.
func (b *Bitmap) Has(cell uint32) bool { return b.Word(cell/64)&(1<<(cell%64)) != 0 }

// Count returns how many of some cells b has. It makes no branches, which the processor would guess
// wrong for every other cell.
func (b *Bitmap) Count(list []uint32) int {
	n := uint64(0)
	for _, cell := range list {
		n += b.words[cell/64] >> (cell % 64) & 1
	}
	return int(n)
}

// Cells returns the cells that b has, in their order.
func (b *Bitmap) Cells() (list []uint32) {
	for n, word := range b.words {
		for ; word != 0; word &= word - 1 {
			list = append(list, uint32(n*64+bits.TrailingZeros64(word)))
		}
	}
	return list
}
