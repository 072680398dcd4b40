package boltfile

import "bytes"

// walk checks page id and all below it, which must have keys from low to below high; nil means
// that there is no bound.
func (c *checker) walk(id uint64, low, high []byte, depth int) error {
	p, err := c.read(id, depth)
	if err != nil {
		return err
	}
	switch flags := le.Uint16(p[8:]); flags {
	case branchPage:
		return c.branch(p, id, low, high, depth)
	case leafPage:
		return c.leaf(p, id, low, high, depth)
	default:
		return damage("page %d is of no known kind (%#x)", id, flags)
	}
}

func (c *checker) branch(p []byte, id uint64, low, high []byte, depth int) error {
	count := int(le.Uint16(p[10:]))
	if count == 0 {
		return damage("page %d is empty", id)
	}
	key, err := branchKey(p, 0, id)
	if err != nil {
		return err
	}
	for i := range count {
		next := high
		if i+1 < count {
			if next, err = branchKey(p, i+1, id); err != nil {
				return err
			}
		}
		if low != nil && bytes.Compare(key, low) < 0 || next != nil && bytes.Compare(key, next) >= 0 {
			return damage("the keys of page %d are out of order", id)
		}
		if err := c.walk(le.Uint64(p[headLen+i*elementLen+8:]), key, next, depth+1); err != nil {
			return err
		}
		low, key = key, next
	}
	return nil
}

func branchKey(p []byte, i int, id uint64) ([]byte, error) {
	at := headLen + i*elementLen
	if at+elementLen > len(p) {
		return nil, damage("page %d is too full", id)
	}
	return cut(p, uint64(at)+uint64(le.Uint32(p[at:])), le.Uint32(p[at+4:]), id)
}

func (c *checker) leaf(p []byte, id uint64, low, high []byte, depth int) error {
	for i := range int(le.Uint16(p[10:])) {
		at := headLen + i*elementLen
		if at+elementLen > len(p) {
			return damage("page %d is too full", id)
		}
		start := uint64(at) + uint64(le.Uint32(p[at+4:]))
		key, err := cut(p, start, le.Uint32(p[at+8:]), id)
		if err != nil {
			return err
		}
		value, err := cut(p, start+uint64(len(key)), le.Uint32(p[at+12:]), id)
		if err != nil {
			return err
		}
		order := bytes.Compare(key, low)
		if low != nil && (order < 0 || order == 0 && i > 0) || high != nil && bytes.Compare(key, high) >= 0 {
			return damage("the keys of page %d are out of order", id)
		}
		low = key
		if le.Uint32(p[at:])&isBucket != 0 {
			if err := c.bucket(value, id, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

// bucket checks a table, which has pages of its own, or one inside value.
func (c *checker) bucket(value []byte, id uint64, depth int) error {
	if len(value) < bucketLen {
		return damage("a table in page %d is cut short", id)
	}
	if root := le.Uint64(value); root != 0 {
		return c.walk(root, nil, nil, depth+1)
	}
	inside := value[bucketLen:]
	if len(inside) < headLen || le.Uint16(inside[8:]) != leafPage {
		return damage("a table in page %d is no table", id)
	}
	if depth++; depth > maxDepth {
		return damage("tables in page %d stand in tables without end", id)
	}
	return c.leaf(inside, id, nil, nil, depth)
}

// cut returns n bytes of p from start on.
func cut(p []byte, start uint64, n uint32, id uint64) ([]byte, error) {
	if start > uint64(len(p)) || uint64(n) > uint64(len(p))-start {
		return nil, damage("a row of page %d lies outside of it", id)
	}
	return p[start : start+uint64(n)], nil
}
