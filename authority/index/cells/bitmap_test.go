package cells

import (
	"slices"
	"testing"
)

func TestABitmapHasTheCellsOfItsWords(t *testing.T) {
	for range 2 { // the second has the memory of the first
		b := NewBitmap(5)
		if n := b.SetWord(1, 1<<3|1<<63); n != 2 {
			t.Errorf("a word of two cells is counted as %d", n)
		}
		if n := b.SetWord(4, 1); n != 1 {
			t.Errorf("a word of one cell is counted as %d", n)
		}
		if got, want := b.Cells(), []uint32{67, 127, 256}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if !b.Has(67) || b.Has(66) || b.Count([]uint32{66, 67, 0, 256}) != 2 {
			t.Error("what it has is not what it says")
		}
		b.GiveBack()
	}
	if all := (*Bitmap)(nil); !all.Has(12345) || all.Word(7) != ^uint64(0) {
		t.Error("a nil Bitmap has not all")
	}
}
