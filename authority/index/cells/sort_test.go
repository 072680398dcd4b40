package cells

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestCellsAreSortedAsByComparing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		count := rapid.SampledFrom([]int{0, 1, 30, 3000, 25_000}).Draw(t, "how many")
		letters := rapid.SampledFrom([]int{1, 2, 60}).Draw(t, "letters")
		high := rapid.SampledFrom([]uint64{1, 5, 1 << 13, 1 << 48}).Draw(t, "numbers below")
		texts, numbers, list := make([][]byte, count), make([]uint64, count), make([]uint32, count)
		for i := range list {
			texts[i] = bytes.Repeat([]byte("prefix"), r.IntN(3))
			for range r.IntN(12) {
				texts[i] = append(texts[i], byte('a'+r.IntN(letters)))
			}
			numbers[i], list[i] = r.Uint64N(high), uint32(i)
		}
		textOf := func(cell uint32) []byte { return texts[cell] }
		numberOf := func(cell uint32) uint64 { return numbers[cell] }
		down := func(a, b uint32) int { return cmp.Compare(b, a) }
		byText := func(a, b uint32) int { return bytes.Compare(texts[a], texts[b]) }
		byNumber := func(a, b uint32) int { return cmp.Compare(numbers[a], numbers[b]) }

		if got := SortByText(list, textOf, down); !slices.IsSortedFunc(got, func(a, b uint32) int { return cmp.Or(byText(a, b), down(a, b)) }) || len(got) != count {
			t.Fatalf("by text: %v", got)
		}
		want := slices.Clone(list)
		slices.SortStableFunc(want, byNumber)
		if got := SortByNumber(list, numberOf); !slices.Equal(got, want) {
			t.Fatalf("by number: %v, want %v", got, want)
		}
		if got := SortByNumberAndText(list, numberOf, textOf); !slices.IsSortedFunc(got, func(a, b uint32) int { return cmp.Or(byNumber(a, b), byText(a, b)) }) || len(got) != count {
			t.Fatalf("by number and text: %v", got)
		}
	})
}
