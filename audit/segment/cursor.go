package segment

import "bytes"

// A Cursor walks over rows of one section. It holds one frame.
type Cursor struct {
	f        *File
	s        Section
	from, to []byte
	reverse  bool
	n        int // of the frame that block is, or that is read next
	block    *block
	i        int // of the next row in block
}

// Walk returns a Cursor over the rows with from <= key < to, of which nil is open, in the order of
// the keys or against it.
func (f *File) Walk(s Section, from, to []byte, reverse bool) *Cursor {
	c := &Cursor{f: f, s: s, from: from, to: to, reverse: reverse}
	switch {
	case !reverse:
		c.n = max(f.frameOf(s, from), 0)
	case to == nil:
		c.n = len(f.index[s]) - 1
	default:
		c.n = f.frameOf(s, to)
	}
	return c
}

// Next returns the next row, and false at the end.
func (c *Cursor) Next() (Row, bool, error) {
	for {
		if c.block == nil {
			if c.n < 0 || c.n >= len(c.f.index[c.s]) {
				return Row{}, false, nil
			}
			if err := c.load(); err != nil {
				return Row{}, false, err
			}
		}
		if c.i < 0 || c.i >= len(c.block.rows) {
			c.leave()
			continue
		}
		row := c.block.rows[c.i]
		if c.beyond(row.Key) {
			c.n, c.block = -1, nil
			return Row{}, false, nil
		}
		c.i += c.step()
		return row, true, nil
	}
}

// load reads the frame and finds the first row in it.
func (c *Cursor) load() (err error) {
	if c.block, err = c.f.block(c.s, c.n); err != nil {
		return err
	}
	switch {
	case !c.reverse:
		c.i = c.block.search(c.from)
	case c.to == nil:
		c.i = len(c.block.rows) - 1
	default:
		c.i = c.block.search(c.to) - 1
	}
	return nil
}

func (c *Cursor) leave() { c.n, c.block = c.n+c.step(), nil }

func (c *Cursor) step() int {
	if c.reverse {
		return -1
	}
	return 1
}

// beyond reports whether a key lies behind the end of the walk.
func (c *Cursor) beyond(key []byte) bool {
	if c.reverse {
		return bytes.Compare(key, c.from) < 0
	}
	return c.to != nil && bytes.Compare(key, c.to) >= 0
}
