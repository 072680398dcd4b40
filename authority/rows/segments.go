package rows

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"tokenscale/audit"
	"tokenscale/store"
	"tokenscale/token"
)

// ErrPast means that a part of the log that has left the store cannot be read at present. It is of
// no concern to what is in the store.
var ErrPast = errors.New("a part of the audit log that has left the store cannot be read")

// A Segment is what is known of a part of the audit log that has left the store. Its row is written
// only when its file is known to be whole wherever it has to be.
type Segment struct {
	Number      uint64 // from 1, without a gap
	First, Last uint64 // entries; Last is not stored, as it is the key
	Entries     uint64 // how many there are; fewer than from First to Last if some were lost
	Highest     token.Number
	Root        audit.Hash // of the tree over these entries alone
	SHA256      [sha256.Size]byte
	Bytes       int64 // of the file
}

// Past is a Reader that also has the rows that have left the store.
type Past interface {
	store.Reader

	// Present returns the Reader of what is in the store.
	Present() store.Reader

	// NumberOf returns the number of the token that had the id by an entry that has left the store,
	// and zero if none says so.
	NumberOf(id token.ID) (token.Number, error)

	// LeftOut returns the segments that it passes over, as if their entries were lost; the first
	// one first. A read that needs another segment whose file cannot be read ends with ErrPast.
	LeftOut() []Segment
}

// LeftOut returns the segments that a Reader passes over because their files cannot be read.
func LeftOut(tx store.Reader) []Segment {
	if p, ok := tx.(Past); ok {
		return p.LeftOut()
	}
	return nil
}

// Has reports whether an entry is, or would be, in the segment.
func (s Segment) Has(seq uint64) bool { return s.First <= seq && seq <= s.Last }

// Whole returns a Reader of the whole audit log: of what is in the store, and of what has left it.
func (r *Rows) Whole(tx store.Reader) store.Reader {
	if _, ok := tx.(Past); ok || r.Past == nil {
		return tx
	}
	return r.Past(tx)
}

// LastSegment returns the newest segment, or a zero one if there is none.
func (r *Rows) LastSegment(tx store.Reader) (s Segment, err error) {
	err = r.Segments.Each(tx, store.Range{Reverse: true, One: true}, func(_ []byte, last Segment) error {
		s = last
		return nil
	})
	return s, err
}

func packSegment(p *Packer, s Segment) {
	p.Number(Version)
	for _, n := range []uint64{s.Number, s.First, s.Entries, uint64(s.Highest), uint64(s.Bytes)} {
		p.Number(n)
	}
	p.Raw(s.Root[:])
	p.Raw(s.SHA256[:])
}

func unpackSegment(u *Unpacker, key []byte) (s Segment) {
	if len(key) != 8 {
		u.fail()
		return s
	}
	u.Expect(Version)
	s = Segment{Number: u.Number(), First: u.Number(), Last: binary.BigEndian.Uint64(key)}
	s.Entries, s.Highest, s.Bytes = u.Number(), token.Number(u.Number()), int64(u.Number())
	copy(s.Root[:], u.Raw(uint64(len(s.Root))))
	copy(s.SHA256[:], u.Raw(uint64(len(s.SHA256))))
	if s.Number == 0 || s.First == 0 || s.First > s.Last || s.Entries > s.Last-s.First+1 || s.Bytes < 0 {
		u.fail()
	}
	return s
}
