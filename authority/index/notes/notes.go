// Package notes keeps the notes of some tokens beside what the live index keeps of all: few tokens
// have one, and those without must cost nothing.
package notes

import (
	"math/bits"
	"strings"

	"tokenscale/authority/index/caseless"
)

// A Leaf is the notes of the tokens in one leaf of the index, by their places: 0 to 63. The zero
// Leaf has none. A Leaf never changes, so it may be copied, and read by any number of goroutines.
type Leaf struct {
	places uint64 // a bit for each place with a note
	list   []note // in the order of the places
}

// A note is one as it was written, and as it is searched. Mostly these share their memory.
type note struct{ text, folded string }

// At returns the note at a place, or nothing. It allocates nothing.
func (l *Leaf) At(place uint32) string {
	if l.places&(1<<place) == 0 {
		return ""
	}
	return l.list[l.rank(place)].text
}

// rank returns how many notes stand before a place.
func (l *Leaf) rank(place uint32) int { return bits.OnesCount64(l.places & (1<<place - 1)) }

// Holding returns a bit for each place whose note holds a part, which is folded.
func (l *Leaf) Holding(part string) (found uint64) {
	rest := l.places
	for _, n := range l.list {
		if strings.Contains(n.folded, part) {
			found |= rest & -rest
		}
		rest &= rest - 1
	}
	return found
}

// A Packer makes a Leaf, place by place.
type Packer struct{ made Leaf }

// Write puts a note at a place behind those before; an empty one is none.
func (p *Packer) Write(place uint32, text string) {
	if text != "" {
		p.put(place, note{text, caseless.Fold(text)})
	}
}

// Copy puts the note that stands at a place of another Leaf, if there is one, at a place behind
// those before.
func (p *Packer) Copy(place uint32, from *Leaf, at uint32) {
	if from.places&(1<<at) != 0 {
		p.put(place, from.list[from.rank(at)])
	}
}

func (p *Packer) put(place uint32, n note) {
	p.made.places |= 1 << place
	p.made.list = append(p.made.list, n)
}

// Leaf returns what was made. The Packer must not be used afterwards.
func (p *Packer) Leaf() Leaf { return p.made }
