package notes_test

import (
	"math/bits"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tokenscale/authority/index/caseless"
	"tokenscale/authority/index/notes"
)

const places = 64

// texts are notes, and parts of notes: those that are written otherwise find each other.
var texts = []string{"", "", "Ärzte, call +49 30", "ärzte", "a", "A", "Nurse on duty", "nurse", "straße", "STRASSE"}

func pack(all *[places]string) notes.Leaf {
	var p notes.Packer
	for i, text := range all {
		p.Write(uint32(i), text)
	}
	return p.Leaf()
}

// A Leaf is as an array of all notes, whatever is taken over from it.
func TestALeafHoldsTheNotesThatWereWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all, moved [places]string
		for i := range all {
			all[i] = rapid.SampledFrom(texts).Draw(t, "note")
		}
		l := pack(&all)
		same(t, l, &all)
		var p notes.Packer
		for i := range places {
			from := rapid.IntRange(0, places-1).Draw(t, "from")
			moved[i] = all[from]
			p.Copy(uint32(i), &l, uint32(from))
		}
		same(t, p.Leaf(), &moved)
		same(t, l, &all)
	})
}

func same(t *rapid.T, l notes.Leaf, want *[places]string) {
	for i, text := range want {
		if got := l.At(uint32(i)); got != text {
			t.Fatalf("at %d stands %q, want %q", i, got, text)
		}
	}
	for _, part := range texts {
		if part = caseless.Fold(part); part == "" {
			continue
		}
		found := l.Holding(part)
		for i, text := range want {
			if has := found&(1<<i) != 0; has != strings.Contains(caseless.Fold(text), part) {
				t.Fatalf("that %q holds %q is said to be %v", text, part, has)
			}
		}
	}
}

func TestAReaderOfNotesAllocatesNothing(t *testing.T) {
	l := pack(&[places]string{3: "Nurse on duty", 63: "nurse"})
	if n := testing.AllocsPerRun(100, func() {
		if bits.OnesCount64(l.Holding("nurse")) != 2 || l.At(63) != "nurse" {
			t.Error("a note is not found")
		}
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
