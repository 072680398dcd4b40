package segment

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"
)

// A File is a segment that can be read. It holds the index, and of each section the frame that was
// read last. It is safe for concurrent use if what it reads from is.
type File struct {
	Head
	Index [sha256.Size]byte // the SHA-256 of the head and the index, which all else follows from
	from  io.ReaderAt
	index [sections][]frame
	last  [sections]atomic.Pointer[block]
}

// A Row is one row of a section. Its bytes must not be changed.
type Row struct{ Key, Value []byte }

// A block is a frame that was read.
type block struct {
	n    int
	rows []Row
}

// Parse reads the head and the index of a file. It believes the index: whoever calls it has
// compared the sum of the file with the one that is known. From then on each frame is compared
// with the index as it is read, so a file that is changed later is noticed.
func Parse(from io.ReaderAt, size int64) (*File, error) {
	if size < int64(headSize+1+tailSize) {
		return nil, ErrMalformed
	}
	head, err := readAt(from, 0, headSize)
	if err != nil {
		return nil, err
	}
	f := &File{from: from}
	if f.Head, err = parseHead(head); err != nil {
		return nil, err
	}
	tail, err := readAt(from, size-tailSize, tailSize)
	if err != nil {
		return nil, err
	}
	length, frames := binary.BigEndian.Uint64(tail), size-int64(headSize)-tailSize
	if length > maxIndex || int64(length) > frames {
		return nil, ErrMalformed
	}
	frames -= int64(length)
	index, err := readAt(from, int64(headSize)+frames, int(length))
	if err != nil {
		return nil, err
	}
	f.Index = sha256.Sum256(append(head, index...))
	f.index, err = parseIndex(index, frames)
	return f, err
}

// readAt reads so many bytes; a file that has fewer is malformed.
func readAt(from io.ReaderAt, offset int64, n int) ([]byte, error) {
	b := make([]byte, n)
	if got, err := from.ReadAt(b, offset); got < n {
		if errors.Is(err, io.EOF) {
			err = ErrMalformed
		}
		return nil, err
	}
	return b, nil
}

// Rows returns how many rows a section has.
func (f *File) Rows(s Section) int {
	n := 0
	for _, fr := range f.index[s] {
		n += fr.rows
	}
	return n
}

// Get returns the value under a key, or nil if there is no such row. It reads one frame at most.
func (f *File) Get(s Section, key []byte) ([]byte, error) {
	n := f.frameOf(s, key)
	if n < 0 {
		return nil, nil
	}
	b, err := f.block(s, n)
	if err != nil {
		return nil, err
	}
	if i := b.search(key); i < len(b.rows) && bytes.Equal(b.rows[i].Key, key) {
		return b.rows[i].Value, nil
	}
	return nil, nil
}

// frameOf returns the frame in which a key would stand; -1 if before the first.
func (f *File) frameOf(s Section, key []byte) int {
	frames := f.index[s]
	return sort.Search(len(frames), func(i int) bool { return bytes.Compare(frames[i].first, key) > 0 }) - 1
}

// search returns the place of the first row whose key is not before key.
func (b *block) search(key []byte) int {
	return sort.Search(len(b.rows), func(i int) bool { return bytes.Compare(b.rows[i].Key, key) >= 0 })
}

// block reads a frame.
func (f *File) block(s Section, n int) (*block, error) {
	if b := f.last[s].Load(); b != nil && b.n == n {
		return b, nil
	}
	fr := f.index[s][n]
	packed, err := readAt(f.from, fr.offset, fr.packed)
	if err != nil {
		return nil, err
	}
	if sha256.Sum256(packed) != fr.sum {
		return nil, ErrMalformed
	}
	b, err := unpack(packed, fr)
	if err != nil {
		return nil, err
	}
	if next := n + 1; next < len(f.index[s]) && bytes.Compare(b.rows[len(b.rows)-1].Key, f.index[s][next].first) >= 0 {
		return nil, ErrMalformed
	}
	b.n = n
	f.last[s].Store(b)
	return b, nil
}

// unpacking is made once: it is costly, and safe for concurrent use.
var unpacking = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxFrame+1), zstd.WithDecoderMaxWindow(8<<20))
})

// unpack returns the rows of a frame. It takes no more memory than the index says.
func unpack(packed []byte, fr frame) (*block, error) {
	d, err := unpacking()
	if err != nil {
		return nil, err
	}
	raw, err := d.DecodeAll(packed, make([]byte, 0, fr.raw))
	if err != nil || len(raw) != fr.raw {
		return nil, ErrMalformed
	}
	u, b := &unpacker{in: raw}, &block{rows: make([]Row, 0, fr.rows)}
	for range fr.rows {
		row := Row{u.text(maxKey), u.text(maxValue)}
		last := len(b.rows) - 1
		if u.bad || len(row.Key) == 0 || last >= 0 && bytes.Compare(b.rows[last].Key, row.Key) >= 0 {
			return nil, ErrMalformed
		}
		b.rows = append(b.rows, row)
	}
	if u.bad || len(u.in) > 0 || !bytes.Equal(b.rows[0].Key, fr.first) {
		return nil, ErrMalformed
	}
	return b, nil
}
