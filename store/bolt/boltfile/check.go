package boltfile

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
)

// bbolt believes its file. A page that is not what it should be makes it panic, or loop, and
// while it opens a file it does so on goroutines where nobody can catch it. So we walk the file
// ourselves before bbolt sees it, and believe nothing. What this finds is damage to the shape of
// the file; rows whose bytes were changed inside look as good as any, and those who write them
// must seal them.

// The shape of a file of bbolt, in bytes. All numbers are little-endian.
const (
	headLen    = 16 // id 8, flags 2, count 2, overflow 4
	elementLen = 16 // leaf: flags 4, position 4, key 4, value 4; branch: position 4, key 4, page 8
	// Magic 4, version 4, page size 4, flags 4, root 8, sequence 8, freelist 8, pages 8, txid 8,
	// checksum 8.
	metaLen   = 64
	bucketLen = 16 // root page 8, sequence 8; a root of 0 means that a page follows

	magic   = 0xED0CDAED
	version = 2

	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10
	isBucket     = 0x01
	noFreelist   = ^uint64(0)
	minPage      = 1 << 10
	maxPage      = 16 << 20
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

// Check reports what is wrong with the shape of the file at path. It reads every page in use and
// writes nothing.
func Check(path string) error {
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

func (c *checker) walkAll() error {
	m, err := c.meta()
	if err != nil {
		return err
	}
	if c.misleads(m) {
		return damage("its two descriptions do not agree on how long a page is")
	}
	info, err := c.f.Stat()
	if err != nil {
		return err
	}
	c.page, c.pages = m.PageSize, m.Pages
	if m.Pages > uint64(info.Size()/m.PageSize) {
		return damage("it should have %d pages of %d bytes and has %d bytes", m.Pages, m.PageSize, info.Size())
	}
	c.seen = make([]uint64, m.Pages/64+1)
	if err := c.freelist(m.freelist); err != nil {
		return err
	}
	return c.walk(m.Root, nil, nil, 0)
}

// freelist checks the list of free pages. We never write one, except the empty one of a new
// file.
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
