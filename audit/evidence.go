package audit

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// One change of the security policies may touch a million tokens. It has one
// entry, and beside that the evidence of what it did to each of them: a column
// of a byte or two for each token, in the order of their numbers, cut into
// pieces. The entry names the SHA-256 of every piece, so what proves the entry
// proves the pieces as well, and one token is proved by one piece.

// A Did is what a change of the policies did to a token.
type Did uint8

// What it may do.
const (
	Refiltered          Did = 1 + iota // the token got the enforced filter
	Capped                             // it got an earlier expiry
	RefilteredAndCapped                // both
	Deleted                            // it is gone
)

// An Effect is what a change of the policies did to one string of a token.
type Effect struct {
	Number  uint64 // the token's, from 1, below 2^59
	InGrace bool   // whether it is the string that worked out its grace period
	Did     Did
}

// Place returns the place of e in the column: by number, and of one number the
// current string before the one in its grace period.
func (e Effect) Place() uint64 {
	place := e.Number << 1
	if e.InGrace {
		place++
	}
	return place
}

// A Piece is some effects of one change that follow each other.
type Piece struct {
	First  uint64 // the place of the first of them
	Packed []byte
}

// Hash returns the SHA-256 of the piece in hexadecimal, as entries name it.
func (p Piece) Hash() string {
	sum := sha256.Sum256(p.Packed)
	return hex.EncodeToString(sum[:])
}

const (
	pieceSize = 64 << 10 // bytes of a piece before it is compressed, about

	// plainUpTo is how many bytes a piece may have before it is compressed. A
	// larger row wants pages side by side, which a full store may not have; and
	// where a change did the same to all tokens little is left of a piece.
	plainUpTo = 512

	codeBits = 3
	plain    = 0 // the first byte of a piece says how the rest is to be read
	deflated = 1
)

// Evidence packs the effects of one change. The zero Evidence has none.
type Evidence struct {
	pieces []Piece
	count  uint64
	last   uint64 // the place of the last effect
}

// Add adds an effect. They must come in the order of their places.
func (v *Evidence) Add(e Effect) {
	v.count++
	if n := len(v.pieces); n == 0 || len(v.pieces[n-1].Packed) >= pieceSize {
		v.begin(e.Place())
	}
	p := &v.pieces[len(v.pieces)-1]
	p.Packed = binary.AppendUvarint(p.Packed, (e.Place()-v.last)<<codeBits|uint64(e.Did))
	v.last = e.Place()
}

// begin begins a piece, which can be read without the others.
func (v *Evidence) begin(place uint64) {
	packed := make([]byte, 1, 64)
	packed[0] = plain
	v.pieces = append(v.pieces, Piece{place, binary.AppendUvarint(packed, v.count)})
	v.last = 0
}

// Count returns how many effects there are.
func (v *Evidence) Count() uint64 { return v.count }

// Pieces returns the effects, packed, in order. Add must not be called after it.
func (v *Evidence) Pieces() ([]Piece, error) {
	out := make([]Piece, len(v.pieces))
	for i, p := range v.pieces {
		if out[i] = p; len(p.Packed) <= plainUpTo {
			continue
		}
		var b bytes.Buffer
		b.WriteByte(deflated)
		w, err := flate.NewWriter(&b, flate.BestSpeed)
		if err == nil {
			_, err = w.Write(p.Packed[1:])
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			return nil, fmt.Errorf("packing what a change did: %w", err)
		}
		out[i] = Piece{p.First, b.Bytes()}
	}
	return out, nil
}

// ErrPiece means that a piece of evidence is not as this version packs it.
var ErrPiece = errors.New("the piece of evidence is cut short or holds what this version does not know")

// OpenPiece returns what Evidence has packed: the effects, and which in its
// column the first of them is, from 1.
func OpenPiece(packed []byte) (first uint64, effects []Effect, err error) {
	in, err := unpacked(packed)
	if err != nil {
		return 0, nil, err
	}
	first, in, ok := number(in)
	if !ok || first == 0 || len(in) == 0 {
		return 0, nil, ErrPiece
	}
	effects = make([]Effect, 0, len(in))
	for place := uint64(0); len(in) > 0; {
		var n uint64
		if n, in, ok = number(in); !ok {
			return 0, nil, ErrPiece
		}
		gap, did := n>>codeBits, Did(n&(1<<codeBits-1))
		place += gap
		if gap == 0 || place < gap || place < 2 || place>>1 >= 1<<59 || did < Refiltered || did > Deleted {
			return 0, nil, ErrPiece
		}
		effects = append(effects, Effect{place >> 1, place&1 == 1, did})
	}
	return first, effects, nil
}

// unpacked returns a piece behind its first byte, as it was before it was compressed.
func unpacked(packed []byte) ([]byte, error) {
	if len(packed) == 0 {
		return nil, ErrPiece
	}
	switch packed[0] {
	case plain:
		return packed[1:], nil
	case deflated:
		const most = pieceSize + 4*binary.MaxVarintLen64
		in, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed[1:])), most+1))
		if err != nil || len(in) > most {
			return nil, ErrPiece
		}
		return in, nil
	}
	return nil, ErrPiece
}

// number reads a number that was written in the shortest way.
func number(in []byte) (n uint64, rest []byte, ok bool) {
	n, size := binary.Uvarint(in)
	if size <= 0 || size > 1 && in[size-1] == 0 {
		return 0, nil, false
	}
	return n, in[size:], true
}
