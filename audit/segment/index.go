package segment

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
)

// A frame is some rows of one section, packed together.
type frame struct {
	first  []byte // the key of its first row
	offset int64
	packed int // bytes in the file
	raw    int // bytes before they were packed
	rows   int
	sum    [sha256.Size]byte // of the packed bytes
}

func packIndex(index [sections][]frame) []byte {
	var out []byte
	for _, frames := range index {
		out = binary.AppendUvarint(out, uint64(len(frames)))
		for _, f := range frames {
			out = appendText(out, f.first)
			for _, n := range []int{f.packed, f.raw, f.rows} {
				out = binary.AppendUvarint(out, uint64(n))
			}
			out = append(out, f.sum[:]...)
		}
	}
	return out
}

// parseIndex reads what packIndex wrote, of a file whose frames take up a number of bytes.
func parseIndex(b []byte, frames int64) (index [sections][]frame, err error) {
	u := &unpacker{in: b}
	offset := int64(headSize)
	for s := range index {
		n := u.number(uint64(len(u.in)) / (4 + sha256.Size)) // a frame takes more than that
		index[s] = make([]frame, 0, n)
		for range n {
			f := frame{first: bytes.Clone(u.text(maxKey)), offset: offset}
			f.packed, f.raw, f.rows = u.number(uint64(frames)), u.number(maxFrame), u.number(frameRows)
			copy(f.sum[:], u.bytes(len(f.sum)))
			last := len(index[s]) - 1
			if u.bad || f.rows == 0 || len(f.first) == 0 || last >= 0 && bytes.Compare(index[s][last].first, f.first) >= 0 {
				return index, ErrMalformed
			}
			offset += int64(f.packed)
			index[s] = append(index[s], f)
		}
	}
	if u.bad || len(u.in) > 0 || offset != int64(headSize)+frames {
		return index, ErrMalformed
	}
	return index, nil
}

// An unpacker reads fields. After the first that is not there, or beyond its bound, all others are
// zero and bad is set.
type unpacker struct {
	in  []byte
	bad bool
}

func (u *unpacker) number(most uint64) int {
	n, size := binary.Uvarint(u.in)
	if size <= 0 || size > 1 && u.in[size-1] == 0 || n > most { // the shortest way is the only one
		u.in, u.bad = nil, true
		return 0
	}
	u.in = u.in[size:]
	return int(n)
}

func (u *unpacker) bytes(n int) []byte {
	if n > len(u.in) {
		u.in, u.bad = nil, true
		return nil
	}
	b := u.in[:n:n]
	u.in = u.in[n:]
	return b
}

func (u *unpacker) text(most uint64) []byte { return u.bytes(u.number(most)) }
