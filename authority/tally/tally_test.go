package tally_test

import (
	"fmt"
	"slices"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"tokenscale/authority/tally"
	"tokenscale/epoch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newTally returns one whose kinds beyond the limit are counted by the first
// letter of their names.
func newTally() *tally.Tally[string, int] {
	return tally.New[string, int](func(kind string) string { return kind[:1] })
}

func total(list []tally.Count[string, int]) (n uint64) {
	for _, c := range list {
		n += c.N
	}
	return n
}

func TestWhatIsAlikeBecomesOneCount(t *testing.T) {
	c := newTally()
	for at := epoch.Millis(1); at <= 3; at++ {
		c.Note("read", int(at), at)
	}
	c.Note("list", 7, 2)
	want := []tally.Count[string, int]{{Kind: "list", Last: 7, N: 1, Since: 2, At: 2}, {Kind: "read", Last: 3, N: 3, Since: 1, At: 3}}
	if got := c.Take(); !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if again := c.Take(); len(again) != 0 {
		t.Errorf("taken twice: %+v", again)
	}
}

func TestTheFirstOfAKindIsKeptAsItIsUntilTheKindHasBeenQuiet(t *testing.T) {
	c := newTally()
	if !c.NoteFirst("a", 0, 1) || c.NoteFirst("a", 0, 2) {
		t.Error("the first of two is not the first, or the second is")
	}
	if first := c.TakeFirsts(); len(first) != 1 || !first[0].First || first[0].N != 1 {
		t.Errorf("got %+v, want the first in full", first)
	}
	if rest := c.Take(); len(rest) != 1 || rest[0].First || rest[0].N != 1 {
		t.Errorf("got %+v, want the second as a number", rest)
	}
	if c.NoteFirst("a", 0, 3) {
		t.Error("the kind was not quiet, and yet its next one is a first")
	}
	c.Take()
	c.Take()
	if !c.NoteFirst("a", 0, 4) {
		t.Error("the kind was quiet, and its next one is not a first")
	}
}

func TestKindsBeyondTheLimitAreCountedTogether(t *testing.T) {
	c := newTally()
	for i := range tally.MaxKinds + 10 {
		kind := fmt.Sprintf("k%d", i)
		c.NoteFirst(kind, i, 1)
	}
	list := c.Take()
	if len(list) != tally.MaxKinds+1 || total(list) != tally.MaxKinds+10 {
		t.Errorf("%d entries count %d, want %d and %d", len(list), total(list), tally.MaxKinds+1, tally.MaxKinds+10)
	}
}

// Whatever happens in whatever order, and however often writing fails, what is
// written in the end counts everything once.
func TestNothingIsLostOrCountedTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newTally()
		var noted, written uint64
		now := epoch.Millis(0)
		t.Repeat(map[string]func(*rapid.T){
			"note": func(t *rapid.T) {
				for range rapid.IntRange(1, 400).Draw(t, "n") {
					kind := fmt.Sprintf("k%d", rapid.IntRange(0, 2*tally.MaxKinds).Draw(t, "kind"))
					now++
					if rapid.Bool().Draw(t, "first") {
						c.NoteFirst(kind, 0, now)
					} else {
						c.Note(kind, 0, now)
					}
					noted++
				}
			},
			"write": func(*rapid.T) { written += total(c.TakeFirsts()) + total(c.Take()) },
			"fail":  func(*rapid.T) { c.PutBack(c.TakeFirsts()); c.PutBack(c.Take()) },
		})
		if written += total(c.Take()); written != noted {
			t.Fatalf("%d are written, of %d", written, noted)
		}
	})
}
