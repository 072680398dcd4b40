package segment

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// A Section is a kind of rows. Rows of one kind lie together, in the order of their keys.
type Section uint8

// The sections, in the order in which they lie in a file. They are stored: add none between them.
const (
	Entries  Section = iota // the entries of the log, by number, 8 bytes big-endian
	Evidence                // what changes of the policies did to tokens
	Subjects                // which entries are about which token
	Tokens                  // which token had which id
	sections
)

const (
	magic    = "tokenscale-segment-1\n"
	headSize = len(magic) + 3*8
	tailSize = 8 // how long the index is

	// FrameEntries is how many entries are packed together at most: those below one node of the
	// tree over the log.
	FrameEntries = 256

	frameRows  = 256
	frameBytes = 1 << 20 // a frame that has so many is full
	maxKey     = 1 << 10
	maxValue   = 1 << 20
	maxFrame   = frameBytes + maxKey + maxValue + 16 // bytes of a frame before it is packed
	maxIndex   = 32 << 20
)

// ErrMalformed means that a file is not as this version writes it.
var ErrMalformed = errors.New("it is cut short, or was changed, or is no segment of an audit log")

// A Head says which part of which log a file holds.
type Head struct {
	Number      uint64 // of the segment, from 1
	First, Last uint64 // the numbers of its first and its last entry
}

// FileName returns the name of the file of a segment.
func FileName(number uint64) string { return fmt.Sprintf("%08d.seg", number) }

// A Sum is what a file is known by.
type Sum struct {
	SHA256 [sha256.Size]byte
	Bytes  int64
}

// String returns the SHA-256 in hexadecimal, as sha256sum prints it.
func (s Sum) String() string { return hex.EncodeToString(s.SHA256[:]) }

// SumOf reads a file to its end and returns its sum.
func SumOf(r io.Reader) (Sum, error) {
	h := sha256.New()
	n, err := io.Copy(h, r)
	return Sum{SHA256: [sha256.Size]byte(h.Sum(nil)), Bytes: n}, err
}

func (h Head) pack() []byte {
	out := append(make([]byte, 0, headSize), magic...)
	for _, n := range []uint64{h.Number, h.First, h.Last} {
		out = binary.BigEndian.AppendUint64(out, n)
	}
	return out
}

func parseHead(b []byte) (h Head, err error) {
	if len(b) < headSize || string(b[:len(magic)]) != magic {
		return h, ErrMalformed
	}
	b = b[len(magic):]
	h = Head{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint64(b[16:])}
	if h.Number == 0 || h.First == 0 || h.First > h.Last {
		return h, ErrMalformed
	}
	return h, nil
}
