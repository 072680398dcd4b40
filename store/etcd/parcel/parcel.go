// Package parcel packs the changes of one commit into parts, for a commit that is larger than one
// request to etcd may be.
//
// The parts together are a frame of zstd around: format (1 byte); then for each table its name
// (text), the number of its rows, and for each row its key (text) and its value, as its length and
// one more, or 0 if the row was deleted. Numbers are varints, and a text is its length and its
// bytes.
package parcel

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"

	"tokenscale/store"
)

// A Label tells parts from all others. The zero one is of none.
type Label struct {
	Parts int
	Sum   [sha256.Size]byte // SHA-256 of the parts, one behind the other
}

// The limits of a parcel.
const (
	// Rows is how many rows a parcel may have.
	Rows = 1 << 16

	// Bytes is how many bytes their keys and values may have.
	Bytes = 8 << 20

	// MaxParts is how many parts are read at most.
	MaxParts = 64

	format = 1

	// unpacked is more than Rows and Bytes are before they are compressed.
	unpacked = Bytes + Rows*2*binary.MaxVarintLen32 + 1<<16
)

// ErrBroken means that parts are not those of their label, or not those of a parcel.
var ErrBroken = errors.New("the parts of a commit are not those that its author wrote")

// packing makes frames; it is safe for concurrent use.
var packing = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false), zstd.WithWindowSize(1<<20))
})

// unpacking opens frames; it is safe for concurrent use.
var unpacking = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(unpacked), zstd.WithDecoderMaxWindow(8<<20))
})

// Pack returns parts of at most so many bytes each, at least one, and their label. The changes are
// in order, as store.Follow tells them.
func Pack(changes []store.Change, most int) ([][]byte, Label, error) {
	pack, err := packing()
	if err != nil {
		return nil, Label{}, err
	}
	whole := pack.EncodeAll(encode(changes), nil)
	parts := slices.Collect(slices.Chunk(whole, most))
	return parts, Label{Parts: len(parts), Sum: sha256.Sum256(whole)}, nil
}

// Unpack returns the changes that were packed, or an error that wraps ErrBroken.
func Unpack(parts [][]byte, l Label) ([]store.Change, error) {
	whole := slices.Concat(parts...)
	if len(parts) != l.Parts || sha256.Sum256(whole) != l.Sum {
		return nil, ErrBroken
	}
	unpack, err := unpacking()
	if err != nil {
		return nil, err
	}
	text, err := unpack.DecodeAll(whole, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return decode(text)
}

func encode(changes []store.Change) []byte {
	b := []byte{format}
	for len(changes) > 0 {
		n := 1
		for n < len(changes) && changes[n].Table == changes[0].Table {
			n++
		}
		b = appendText(b, []byte(changes[0].Table))
		b = binary.AppendUvarint(b, uint64(n))
		for _, c := range changes[:n] {
			b = appendText(b, c.Key)
			if c.Value == nil {
				b = append(b, 0)
				continue
			}
			b = append(binary.AppendUvarint(b, uint64(len(c.Value))+1), c.Value...)
		}
		changes = changes[n:]
	}
	return b
}

func appendText(b, text []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func decode(b []byte) ([]store.Change, error) {
	if len(b) == 0 || b[0] != format {
		return nil, ErrBroken
	}
	r := reader{left: b[1:]}
	var changes []store.Change
	for len(r.left) > 0 && !r.broken {
		table, rows := store.Table(r.text()), r.number()
		for ; rows > 0 && !r.broken; rows-- {
			changes = append(changes, store.Change{Table: table, Key: r.text(), Value: r.value()})
		}
	}
	if r.broken {
		return nil, ErrBroken
	}
	return changes, nil
}

// A reader reads what encode wrote. Once broken it returns nothing more.
type reader struct {
	left   []byte
	broken bool
}

func (r *reader) number() uint64 {
	n, length := binary.Uvarint(r.left)
	if length <= 0 {
		r.broken, r.left = true, nil
		return 0
	}
	r.left = r.left[length:]
	return n
}

func (r *reader) text() []byte { return r.bytes(r.number()) }

func (r *reader) value() []byte {
	if n := r.number(); n > 0 {
		return r.bytes(n - 1)
	}
	return nil
}

func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.left)) {
		r.broken, r.left = true, nil
		return nil
	}
	text := r.left[:n:n]
	r.left = r.left[n:]
	return text
}
