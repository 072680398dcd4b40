package cells

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// at is the place of a number in a tree of numbers.
func at(n uint32) Place { return func(cell uint32) int { return cmp.Compare(n, cell) } }

func all(t Tree) (list []uint32) {
	for piece := range t.From(0) {
		list = append(list, piece...)
	}
	return list
}

// A generation's tree and the sorted list that it should be.
type handedOut struct {
	tree Tree
	want []uint32
}

func TestATreeIsASortedListAndThoseHandedOutStayAsTheyAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tree Tree
		var want []uint32
		var before []handedOut
		generation := uint64(1)
		if n := rapid.SampledFrom([]int{0, 0, 5, 20_000}).Draw(t, "at once"); n > 0 {
			for i := range uint32(n) {
				want = append(want, 3*i)
			}
			tree = Grow(want)
		}
		change := func(n uint32) {
			i, known := slices.BinarySearch(want, n)
			if known {
				tree, want = tree.Remove(at(n), generation), slices.Delete(slices.Clone(want), i, i+1)
				return
			}
			tree, want = tree.Insert(n, at(n), generation), slices.Insert(slices.Clone(want), i, n)
		}
		t.Repeat(map[string]func(*rapid.T){
			"one": func(t *rapid.T) { change(rapid.Uint32Range(0, 1000).Draw(t, "number")) },
			"many": func(t *rapid.T) {
				from, step := rapid.Uint32Range(0, 60_000).Draw(t, "from"), rapid.Uint32Range(1, 4).Draw(t, "step")
				for i := range uint32(700) {
					change(from + i*step)
				}
			},
			"hand out": func(*rapid.T) {
				before = append(before, handedOut{tree, want})
				generation++
			},
			"look": func(t *rapid.T) {
				look(t, tree, want, rapid.Uint32Range(0, 61_000).Draw(t, "number"))
				for _, b := range before {
					if !slices.Equal(all(b.tree), b.want) {
						t.Fatalf("a tree of %d that was handed out has changed", len(b.want))
					}
				}
			},
		})
	})
}

func look(t *rapid.T, tree Tree, want []uint32, n uint32) {
	if got := all(tree); !slices.Equal(got, want) || tree.Len() != len(want) {
		t.Fatalf("the tree of %d has %v, want %v", tree.Len(), got, want)
	}
	i, _ := slices.BinarySearch(want, n)
	if got := tree.Count(at(n)); got != i {
		t.Fatalf("%d cells before %d, want %d", got, n, i)
	}
	var back []uint32
	for piece := range tree.Back(i) {
		for _, cell := range slices.Backward(piece) {
			back = append(back, cell)
		}
	}
	slices.Reverse(back)
	if !slices.Equal(back, want[:i]) {
		t.Fatalf("back from %d: %v, want %v", i, back, want[:i])
	}
	if i < len(want) && tree.At(i) != want[i] {
		t.Fatalf("At(%d) = %d, want %d", i, tree.At(i), want[i])
	}
}

// Where most cells have gone, in any order, a tree has no more nodes than it needs: it would be
// slow, and large.
func TestATreeThatBecomesSmallHasFewNodes(t *testing.T) {
	var tree Tree
	list := rand.New(rand.NewPCG(1, 1)).Perm(30_000)
	for _, n := range list {
		tree = tree.Insert(uint32(n), at(uint32(n)), 1)
	}
	for _, n := range list[:29_000] {
		tree = tree.Remove(at(uint32(n)), 2)
	}
	leaves := 0
	for range tree.From(0) {
		leaves++
	}
	if most := tree.Len() / (maxItems / 8); leaves > most || tree.Len() != 1000 {
		t.Errorf("%d cells in %d leaves, want at most %d", tree.Len(), leaves, most)
	}
}
