package segment

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/zstd"
)

// errOrder is a mistake of whoever calls Add.
var errOrder = errors.New("rows of a segment come in the order of their sections and keys, each once")

// A Writer writes one file. It holds one frame and the index in memory. It belongs to one
// goroutine.
type Writer struct {
	out  io.Writer
	sum  hash.Hash
	size int64
	pack *zstd.Encoder

	index   [sections][]frame
	section Section
	last    []byte // the key of the row before, in this section
	frame   frame  // the one that is being filled
	raw     []byte // its rows, one behind the other
	tile    uint64 // of its entries
	packed  []byte
}

// NewWriter returns a Writer that has written the head.
func NewWriter(out io.Writer, h Head) (*Writer, error) {
	// One goroutine, no checksum, one level: the same rows have to give the same bytes everywhere.
	pack, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false),
		zstd.WithEncoderLevel(zstd.SpeedBetterCompression), zstd.WithWindowSize(4<<20))
	if err != nil {
		return nil, err
	}
	w := &Writer{out: out, sum: sha256.New(), pack: pack}
	return w, w.write(h.pack())
}

func (w *Writer) write(b []byte) error {
	w.size += int64(len(b))
	w.sum.Write(b)
	_, err := w.out.Write(b)
	return err
}

// Add adds a row. Rows come in the order of the sections, and in each in that of their keys. The
// Writer keeps neither key nor value.
func (w *Writer) Add(s Section, key, value []byte) error {
	switch {
	case len(key) == 0 || len(key) > maxKey || len(value) > maxValue || s >= sections:
		return fmt.Errorf("a segment cannot hold a row of %d and %d bytes", len(key), len(value))
	case s < w.section || s == w.section && bytes.Compare(key, w.last) <= 0:
		return errOrder
	}
	if w.full(s, key) {
		if err := w.flush(); err != nil {
			return err
		}
	}
	if w.frame.rows == 0 {
		w.frame.first, w.tile = bytes.Clone(key), tileOf(key)
	}
	w.section, w.last = s, append(w.last[:0], key...)
	w.frame.rows++
	w.raw = appendText(appendText(w.raw, key), value)
	return nil
}

// full reports whether a row belongs into a new frame.
func (w *Writer) full(s Section, key []byte) bool {
	return w.frame.rows > 0 && (s != w.section || w.frame.rows == frameRows || len(w.raw) >= frameBytes ||
		s == Entries && tileOf(key) != w.tile)
}

// tileOf returns below which node of the tree an entry lies, so that what proves one lies in one
// frame.
func tileOf(key []byte) uint64 {
	if len(key) < 8 {
		return 0
	}
	return (binary.BigEndian.Uint64(key) - 1) / FrameEntries
}

// flush writes the frame, if there is one.
func (w *Writer) flush() error {
	if w.frame.rows == 0 {
		return nil
	}
	w.packed = w.pack.EncodeAll(w.raw, w.packed[:0])
	w.frame.raw, w.frame.packed, w.frame.sum = len(w.raw), len(w.packed), sha256.Sum256(w.packed)
	w.index[w.section] = append(w.index[w.section], w.frame)
	w.frame, w.raw = frame{}, w.raw[:0]
	w.last = w.last[:0]
	return w.write(w.packed)
}

// Close writes what is left and the index, and returns the sum of the file. It does not close what
// it writes to.
func (w *Writer) Close() (Sum, error) {
	if err := w.flush(); err != nil {
		return Sum{}, err
	}
	index := packIndex(w.index)
	if len(index) > maxIndex {
		return Sum{}, fmt.Errorf("the index of the segment would have %d bytes", len(index))
	}
	if err := w.write(binary.BigEndian.AppendUint64(index, uint64(len(index)))); err != nil {
		return Sum{}, err
	}
	return Sum{SHA256: [sha256.Size]byte(w.sum.Sum(nil)), Bytes: w.size}, w.pack.Close()
}

func appendText(out, text []byte) []byte {
	return append(binary.AppendUvarint(out, uint64(len(text))), text...)
}
