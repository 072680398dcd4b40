package index

import (
	"bytes"
	"encoding/binary"
	"unsafe"

	"tokenscale/authority/index/lastuse"
	"tokenscale/authority/index/notes"
	"tokenscale/epoch"
	"tokenscale/permission"
	"tokenscale/token"
)

const (
	leafBits = 6  // of a cell, for its place in the leaf
	leafSize = 62 // places in use: so many fill 8 KiB
	idSize   = 32 // the longest id a key can hold: the length of every token's id
)

// A leaf is 62 tokens in one piece of 8 KiB, with next to nothing for the collector to follow. It
// never changes once a picture that holds it is published, apart from last uses; a change makes a
// copy. What has no fixed size stands in three buffers and the notes, which are never changed, only
// replaced, so strings may share their memory.
type leaf struct {
	text []byte  // folded names in the order of the places, each with a nameEnd
	more []byte  // names as written where they are not folded, and other rare things
	ids  []party // creators and replacements, each once

	generation uint64 // of the batch that made it, which may still change it
	live       uint64 // a bit for each place that has a token
	notes      notes.Leaf

	keys [leafSize]key // each on a cache line
	meta [leafSize]meta
	use  [leafSize]lastuse.Record
}

// A party is another token that one tells of: its id by then, and its number, which stays.
type party struct {
	id     [idSize]byte
	number token.Number
}

// A key is what a credential is found and compared with. Behind a shorter id stand zeros.
type key struct{ id, digest [idSize]byte }

// A meta is the rest of a token, apart from what has no fixed size.
type meta struct {
	expire  uint64 // expireAt << 16 | permissions
	created uint64 // createdAt << 16 | flags << 8 | toldDays
	number  uint64 // number << 16 | number of the digest key
	fold    uint32 // where the folded name begins in text << 12 | its length
	more    uint32 // where more of it begins << 10 | the length of the name there, if it is there
	filter  uint32 // number of the filter; 0 for none

	// places in ids, plus 1; 0 for none
	creator, replacedBy, replaces uint8
}

// The flags.
const (
	flagDistrusted = 1 << (8 + iota)
	flagReissued   // the string was made later than the token; when stands in more, behind the name
)

// nameEnd stands behind each folded name. No name holds it: it is a control character.
const nameEnd = '\n'

func (m *meta) expireAt() epoch.Millis      { return epoch.Millis(m.expire >> 16) }
func (m *meta) permissions() permission.Set { return permission.Set(m.expire & 0xffff) }
func (m *meta) createdAt() epoch.Millis     { return epoch.Millis(m.created >> 16) }
func (m *meta) has(flag uint64) bool        { return m.created&flag != 0 }

// setExpiry changes when the token expires.
func (m *meta) setExpiry(at epoch.Millis) { m.expire = uint64(at)<<16 | m.expire&0xffff }

// ending is when the token expires, where never is the largest number.
func (m *meta) ending() uint64 { return endingOf(m.expireAt()) }

func endingOf(expireAt epoch.Millis) uint64 { return uint64(expireAt) - 1 }

func (l *leaf) has(i uint32) bool { return l.live&(1<<i) != 0 }

// folded returns the folded name at a place.
func (l *leaf) folded(i uint32) []byte {
	m := &l.meta[i]
	return l.text[m.fold>>12 : m.fold>>12+m.fold&0xfff]
}

// name returns the name at a place. It shares memory that never changes.
func (l *leaf) name(i uint32) string {
	m := &l.meta[i]
	if m.more&0x3ff == 0 {
		return text(l.folded(i))
	}
	return text(l.more[m.more>>10 : m.more>>10+m.more&0x3ff])
}

// extra returns what stands in more about a token.
func (l *leaf) extra(m *meta) []byte {
	size := m.more & 0x3ff
	if m.has(flagReissued) {
		size += 8
	}
	return l.more[m.more>>10 : m.more>>10+size]
}

// issuedAt returns when the string of a token was made.
func (l *leaf) issuedAt(m *meta) epoch.Millis {
	if !m.has(flagReissued) {
		return m.createdAt()
	}
	return epoch.Millis(binary.LittleEndian.Uint64(l.more[m.more>>10+m.more&0x3ff:]))
}

// id returns the id with a place in ids, plus 1.
func (l *leaf) id(ref uint8) token.ID {
	if ref == 0 {
		return ""
	}
	return idIn(&l.ids[ref-1].id)
}

// numberOf returns the number at a place in ids, given the place plus 1; zero for none.
func (l *leaf) numberOf(ref uint8) token.Number {
	if ref == 0 {
		return 0
	}
	return l.ids[ref-1].number
}

// idOf returns an id. It shares memory that never changes.
func idIn(padded *[idSize]byte) token.ID {
	n := idSize
	if padded[n-1] == 0 {
		n = max(bytes.IndexByte(padded[:], 0), 0)
	}
	return token.ID(unsafe.String(&padded[0], n))
}

// padded returns an id with zeros behind it. One that is too long is cut: no token has it.
func padded(id token.ID) (p [idSize]byte) {
	copy(p[:], id)
	return p
}

// is reports whether the key is that of the token id.
func (k *key) is(id token.ID) bool {
	n := len(id)
	return n <= idSize && string(k.id[:n]) == string(id) && (n == idSize || k.id[n] == 0)
}

func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
