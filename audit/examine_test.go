package audit

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tokenscale/epoch"
)

func leaf(n uint64) Hash { return LeafHash(n, fmt.Append(nil, n)) }

// rootOf returns the root over some entries alone.
func rootOf(first, last uint64) Hash {
	var g Growing
	for n := first; n <= last; n++ {
		g.Add(leaf(n))
	}
	return g.Root()
}

// Whichever whole subtrees are added by their roots, the tree is the one of all leaves, and tells
// of the same nodes above them.
func TestATreeTakesWholeSubtreesByTheirRoots(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var whole, partly Growing
		above := map[string]Hash{}
		whole.Made = func(level int, n uint64, h Hash) { above[fmt.Sprint(level, n)] = h }
		partly.Made = func(level int, n uint64, h Hash) {
			if above[fmt.Sprint(level, n)] != h {
				t.Errorf("node %d of level %d is %v", n, level, h)
			}
		}
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			level := rapid.IntRange(0, 4).Draw(t, "level")
			if whole.Size()&(1<<level-1) != 0 {
				if partly.AddTree(level, leaf(0)) {
					t.Fatalf("%d leaves take a subtree of level %d", whole.Size(), level)
				}
				continue
			}
			first := whole.Size() + 1
			for n := first; n < first+1<<level; n++ {
				whole.Add(leaf(n))
			}
			if !partly.AddTree(level, rootOf(first, first+1<<level-1)) {
				t.Fatalf("%d leaves take no subtree of level %d", partly.Size(), level)
			}
		}
		if whole.Root() != partly.Root() || whole.Size() != partly.Size() {
			t.Errorf("of %d leaves the root is %v, want %v of %d", partly.Size(), partly.Root(), whole.Root(), whole.Size())
		}
	})
}

// Entries that cannot be read are taken by their root: the others are examined all the same, and a
// checkpoint behind them tells whether that root is right. One between them cannot be compared.
func TestAnExaminerGoesOnBehindWhatCannotBeRead(t *testing.T) {
	checkpoint := func(size uint64) Checkpoint { return Checkpoint{Size: size, Root: rootOf(1, size), Time: 99} }
	tests := []struct {
		name        string
		first, last uint64 // that cannot be read
		root        Hash
		lost        uint64 // an entry that is missing
		want        []string
		passed      int
	}{
		{"all is well", 9, 16, rootOf(9, 16), 0, nil, 1},
		{"at the beginning", 1, 8, rootOf(1, 8), 0, nil, 0},
		{"another root", 9, 16, rootOf(1, 8), 0, []string{"one of the entries 9 to 16 does not fit: at 16, made 1970-01-01T00:00:00.099Z, was signed over other entries",
			"one of the entries 9 to 20 does not fit: at 20, made 1970-01-01T00:00:00.099Z, was signed over other entries"}, 1},
		{"an entry behind them is missing", 9, 16, rootOf(9, 16), 18, []string{"entry 18 does not fit: it is missing; entry 19 follows entry 17",
			"one of the entries 17 to 20 does not fit: at 20, made 1970-01-01T00:00:00.099Z, was signed over entries some of which are missing"}, 1},
		{"not what a node is over", 9, 15, rootOf(9, 15), 0, []string{"one of the entries 9 to 15 does not fit: they cannot be read, and the tree over the log cannot go on behind them",
			"one of the entries 9 to 16 does not fit: at 16, made 1970-01-01T00:00:00.099Z, was signed over entries some of which are missing",
			"one of the entries 9 to 20 does not fit: at 20, made 1970-01-01T00:00:00.099Z, was signed over entries some of which are missing"}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			x := NewExaminer(nil)
			for _, size := range []uint64{8, 12, 16, 20} {
				x.Expect(fmt.Sprint("at ", size), checkpoint(size), false)
			}
			for seq := uint64(1); seq <= 20; seq++ {
				switch {
				case seq == test.first:
					x.Unread(test.first, test.last, test.root)
				case seq > test.first && seq <= test.last || seq == test.lost:
				default:
					x.Entry(seq, epoch.Millis(seq), leaf(seq))
				}
			}
			var got []string
			for _, f := range x.End() {
				got = append(got, f.String())
			}
			if diff := cmp.Diff(got, test.want); diff != "" {
				t.Errorf("found (-got +want):\n%s", diff)
			}
			read := 20 - (test.last + 1 - test.first)
			if test.lost != 0 {
				read--
			}
			if x.Size() != 20 || x.Read() != read || x.Passed() != test.passed {
				t.Errorf("of %d entries %d were read, want %d; %d checkpoints were passed over, want %d", x.Size(), x.Read(), read, x.Passed(), test.passed)
			}
		})
	}
}
