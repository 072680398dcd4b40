package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"

	"tokenscale/store"
)

// bbolt believes its file. A page that is not what it should be makes it
// panic, or loop, and while it opens a file it does so on goroutines where
// nobody can catch it. So we walk the file ourselves before bbolt sees it, and
// believe nothing. What this finds is damage to the shape of the file; rows
// whose bytes were changed inside look as good as any, and those who write
// them must seal them.

// The shape of a file of bbolt, in bytes. All numbers are little-endian.
const (
	headLen    = 16 // id 8, flags 2, count 2, overflow 4
	elementLen = 16 // leaf: flags 4, position 4, key 4, value 4; branch: position 4, key 4, page 8
	metaLen    = 64 // magic 4, version 4, page size 4, flags 4, root 8, sequence 8, freelist 8, pages 8, txid 8, checksum 8
	bucketLen  = 16 // root page 8, sequence 8; a root of 0 means that a page follows

	magic   = 0xED0CDAED
	version = 2

	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10
	isBucket     = 0x01
	noFreelist   = ^uint64(0)
	maxDepth     = 64 // of pages above pages; a sound file of any size stays far below
)

var le = binary.LittleEndian

// checker walks the pages of a file.
type checker struct {
	f     *os.File
	page  int64        // bytes in a page
	pages uint64       // pages in use and free; there are none behind them
	seen  []uint64     // one bit for each page
	bufs  [][]byte     // one for each depth
	over  func() error // if not nil, why it need not go on
}

// check reports what is wrong with the shape of the file at path. It reads
// every page in use and writes nothing.
func check(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	c := checker{f: f}
	return errors.Join(c.all(), f.Close())
}

// all checks all pages.
func (c *checker) all() error {
	err := c.walkAll()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = damage("it ends too early")
	}
	return err
}

func damage(format string, args ...any) error {
	return fmt.Errorf("%w: %s", store.ErrDamaged, fmt.Sprintf(format, args...))
}

// meta is what the file says of itself.
type meta struct {
	page                  int64
	root, freelist, pages uint64
	txid                  uint64
}

func (c *checker) walkAll() error {
	m, err := c.meta()
	if err != nil {
		return err
	}
	info, err := c.f.Stat()
	if err != nil {
		return err
	}
	c.page, c.pages = m.page, m.pages
	if m.pages > uint64(info.Size()/m.page) {
		return damage("it should have %d pages of %d bytes and has %d bytes", m.pages, m.page, info.Size())
	}
	c.seen = make([]uint64, m.pages/64+1)
	if err := c.freelist(m.freelist); err != nil {
		return err
	}
	return c.walk(m.root, nil, nil, 0)
}

// meta returns the newer of the two descriptions at the front of the file, of
// those that are sound. The second stands one page behind the first, and only
// the first says how long a page is; without it we try.
func (c *checker) meta() (meta, error) {
	best, ok := c.metaAt(0)
	for _, size := range pageSizes(best, ok) {
		if m, sound := c.metaAt(size); sound && m.page == size && (!ok || m.txid > best.txid) {
			best, ok = m, true
		}
	}
	if !ok {
		return meta{}, damage("it does not begin like a store")
	}
	return best, nil
}

// pageSizes returns how long a page may be if the first meta is m, or not sound.
func pageSizes(m meta, sound bool) []int64 {
	if sound {
		return []int64{m.page}
	}
	var sizes []int64
	for size := int64(1 << 10); size <= 16<<20; size *= 2 {
		sizes = append(sizes, size)
	}
	return sizes
}

func (c *checker) metaAt(offset int64) (meta, bool) {
	var b [headLen + metaLen]byte
	if _, err := c.f.ReadAt(b[:], offset); err != nil {
		return meta{}, false
	}
	m := b[headLen:]
	sum := fnv.New64a()
	_, _ = sum.Write(m[:metaLen-8]) // never fails; see hash.Hash
	if le.Uint32(m) != magic || le.Uint32(m[4:]) != version || le.Uint64(m[56:]) != sum.Sum64() {
		return meta{}, false
	}
	found := meta{page: int64(le.Uint32(m[8:])), root: le.Uint64(m[16:]), freelist: le.Uint64(m[32:]), pages: le.Uint64(m[40:]), txid: le.Uint64(m[48:])}
	return found, found.page >= 1<<10 && found.page <= 16<<20
}

// freelist checks the list of free pages. We never write one, except the
// empty one of a new file.
func (c *checker) freelist(id uint64) error {
	if id == noFreelist {
		return nil
	}
	p, err := c.read(id, 0)
	if err != nil {
		return err
	}
	if flags, count := le.Uint16(p[8:]), int(le.Uint16(p[10:])); flags != freelistPage || count == 0xffff || headLen+8*count > len(p) {
		return damage("page %d is no list of free pages", id)
	}
	return nil
}

// read reads page id with those that belong to it, once.
func (c *checker) read(id uint64, depth int) ([]byte, error) {
	if c.over != nil && c.over() != nil {
		return nil, c.over()
	}
	if depth > maxDepth {
		return nil, damage("page %d stands below itself", id)
	}
	if id < 2 || id >= c.pages {
		return nil, damage("there is no page %d", id)
	}
	for len(c.bufs) <= depth {
		c.bufs = append(c.bufs, make([]byte, c.page))
	}
	p := c.bufs[depth][:c.page]
	if _, err := c.f.ReadAt(p, int64(id)*c.page); err != nil {
		return nil, err
	}
	more := uint64(le.Uint32(p[12:]))
	if le.Uint64(p) != id || more >= c.pages-id {
		return nil, damage("page %d holds something else", id)
	}
	for n := id; n <= id+more; n++ {
		if c.seen[n/64]&(1<<(n%64)) != 0 {
			return nil, damage("page %d is used twice", n)
		}
		c.seen[n/64] |= 1 << (n % 64)
	}
	if more == 0 {
		return p, nil
	}
	p = make([]byte, (int64(more)+1)*c.page)
	c.bufs[depth] = p
	_, err := c.f.ReadAt(p, int64(id)*c.page)
	return p, err
}
