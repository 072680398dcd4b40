package boltfile

import (
	"hash/fnv"
	"os"
)

// A Meta is one of the two descriptions at the front of a file. Commits write them in turn, so
// that the other one is whole if a crash cuts a commit off.
type Meta struct {
	Sound    bool // the rest means something
	Commit   uint64
	PageSize int64
	Pages    uint64 // in use and free
	Root     uint64

	freelist uint64
}

// Metas returns the two descriptions of the file at path.
func Metas(path string) (metas [2]Meta, err error) {
	f, err := os.Open(path)
	if err != nil {
		return metas, err
	}
	c := checker{f: f}
	metas[0] = c.metaAt(0)
	for _, size := range pageSizes(metas[0]) {
		if m := c.metaAt(size); m.PageSize == size {
			metas[1] = m
		}
	}
	return metas, f.Close()
}

// meta returns the newer of the two descriptions at the front of the file, of those that are
// sound. The second stands one page behind the first, and only the first says how long a page
// is; without it we try.
func (c *checker) meta() (Meta, error) {
	best := c.metaAt(0)
	for _, size := range pageSizes(best) {
		if m := c.metaAt(size); m.PageSize == size && (!best.Sound || m.Commit > best.Commit) {
			best = m
		}
	}
	if !best.Sound {
		return Meta{}, damage("it does not begin like a store")
	}
	return best, nil
}

// pageSizes returns how long a page may be if the first meta is m.
func pageSizes(m Meta) []int64 {
	if m.Sound {
		return []int64{m.PageSize}
	}
	var sizes []int64
	for size := int64(minPage); size <= maxPage; size *= 2 {
		sizes = append(sizes, size)
	}
	return sizes
}

// misleads reports whether bbolt, which does not ask whether a length of pages can be one, would
// take another description than m, or pages of another length.
func (c *checker) misleads(m Meta) bool {
	for at := int64(0); at <= m.PageSize; at = max(2*at, minPage) {
		if d, ok := c.signedAt(at); ok && (d.PageSize != m.PageSize || at != 0 && at != m.PageSize) {
			return true
		}
	}
	d, ok := c.signedAt(m.PageSize)
	return ok && d.PageSize != m.PageSize
}

// metaAt returns the description at offset, or a zero one if there is none that can be true.
func (c *checker) metaAt(offset int64) Meta {
	m, ok := c.signedAt(offset)
	if !ok || m.PageSize < minPage || m.PageSize > maxPage {
		return Meta{}
	}
	return m
}

// signedAt returns the description at offset, and whether there is one whose checksum fits.
func (c *checker) signedAt(offset int64) (Meta, bool) {
	var b [headLen + metaLen]byte
	if _, err := c.f.ReadAt(b[:], offset); err != nil {
		return Meta{}, false
	}
	m := b[headLen:]
	sum := fnv.New64a()
	_, _ = sum.Write(m[:metaLen-8]) // never fails; see hash.Hash
	if le.Uint32(m) != magic || le.Uint32(m[4:]) != version || le.Uint64(m[56:]) != sum.Sum64() {
		return Meta{}, false
	}
	return Meta{
		Sound: true, PageSize: int64(le.Uint32(m[8:])), Root: le.Uint64(m[16:]),
		freelist: le.Uint64(m[32:]), Pages: le.Uint64(m[40:]), Commit: le.Uint64(m[48:]),
	}, true
}
