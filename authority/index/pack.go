package index

import (
	"encoding/binary"
	"slices"

	"tokenscale/authority/index/caseless"
	"tokenscale/authority/index/notes"
	"tokenscale/token"
)

// No name is as long as what a meta can tell of one: 253 characters are 1,012 bytes at most.
const (
	longestName = 1<<10 - 1
	longestFold = 1<<12 - 1
)

// A packer makes the buffers of a leaf, place by place.
type packer struct {
	text, more []byte
	ids        []party
	notes      notes.Packer
}

// pack makes the buffers of l anew, with what t has at place i, or without it if t is nil. l must
// be the batch's own.
func (l *leaf) pack(i uint32, t *token.Token) {
	p := packer{ids: make([]party, 0, len(l.ids)+3)}
	size := len(l.text)
	if t != nil {
		size += len(t.Name) + 1
	}
	p.text = make([]byte, 0, size)
	for j := range uint32(leafSize) {
		switch {
		case !l.has(j):
		case j != i:
			p.copy(&l.meta[j], l)
			p.notes.Copy(j, &l.notes, j)
		case t != nil:
			p.write(&l.meta[j], t)
			p.notes.Write(j, t.Note)
		}
	}
	p.give(l)
}

// give gives l the buffers.
func (p *packer) give(l *leaf) {
	l.text, l.more, l.ids, l.notes = snug(p.text), snug(p.more), snug(p.ids), p.notes.Leaf()
}

// snug returns list in memory of its size, if it lies in much more.
func snug[E any](list []E) []E {
	switch {
	case len(list) == 0:
		return nil
	case cap(list)-len(list) > len(list)/16:
		return slices.Clone(list)
	}
	return list
}

// write notes in m, and in the buffers, what t has of no fixed size. m must know already whether
// the string of t was made later than the token.
func (p *packer) write(m *meta, t *token.Token) {
	begin := len(p.text)
	p.text = caseless.AppendFold(p.text, t.Name)
	p.text = p.text[:min(len(p.text), begin+longestFold)]
	m.fold, m.more = uint32(begin<<12|(len(p.text)-begin)), uint32(len(p.more)<<10)
	if name := t.Name[:min(len(t.Name), longestName)]; string(p.text[begin:]) != name {
		p.more = append(p.more, name...)
		m.more |= uint32(len(name))
	}
	p.text = append(p.text, nameEnd)
	if m.has(flagReissued) {
		p.more = binary.LittleEndian.AppendUint64(p.more, uint64(t.IssuedAt))
	}
	m.creator, m.replacedBy, m.replaces = p.ref(t.CreatedBy, t.Maker), p.ref(t.ReplacedBy, t.Number), p.ref(t.Replaces, t.Number)
}

// copy notes in m, and in the buffers, what it has in those of from.
func (p *packer) copy(m *meta, from *leaf) {
	at, size := m.fold>>12, m.fold&0xfff
	m.fold = uint32(len(p.text))<<12 | size
	p.text = append(p.text, from.text[at:at+size+1]...)
	extra := from.extra(m)
	m.more = uint32(len(p.more))<<10 | m.more&0x3ff
	p.more = append(p.more, extra...)
	for _, ref := range []*uint8{&m.creator, &m.replacedBy, &m.replaces} {
		if *ref != 0 {
			*ref = p.put(from.ids[*ref-1])
		}
	}
}

// ref returns the place of a party, plus 1, or 0 for none. A leaf has three for each token at most.
func (p *packer) ref(id token.ID, n token.Number) uint8 {
	if id == "" {
		return 0
	}
	return p.put(party{padded(id), n})
}

func (p *packer) put(one party) uint8 {
	at := slices.Index(p.ids, one)
	if at < 0 {
		at = len(p.ids)
		p.ids = append(p.ids, one)
	}
	return uint8(at + 1)
}

// samePacked reports whether what t has of no fixed size is what stands at place i.
func (l *leaf) samePacked(i uint32, t *token.Token) bool {
	m := &l.meta[i]
	return l.name(i) == t.Name && l.notes.At(i) == t.Note && l.issuedAt(m) == t.IssuedAt && m.has(flagReissued) == (t.IssuedAt != t.CreatedAt) &&
		l.id(m.creator) == t.CreatedBy && l.numberOf(m.creator) == t.Maker && l.id(m.replacedBy) == t.ReplacedBy && l.id(m.replaces) == t.Replaces
}
