package boltfile

import (
	"fmt"

	"tokenscale/store"
)

// walkOn reads page id of table t, or of the list of tables if t is empty.
func (s *salvager) walkOn(id uint64, t store.Table, depth int) error {
	p, err := s.read(id, depth)
	if err != nil {
		s.lost(t, fmt.Errorf("page %d of %s: %w", id, tableName(t), err))
		return nil
	}
	s.Pages++
	switch le.Uint16(p[8:]) {
	case branchPage:
		for i := range int(le.Uint16(p[10:])) {
			at := headLen + i*elementLen
			if at+elementLen > len(p) {
				s.lost(t, damage("page %d of %s is too full", id, tableName(t)))
				break
			}
			if err := s.walkOn(le.Uint64(p[at+8:]), t, depth+1); err != nil {
				return err
			}
		}
		return nil
	case leafPage:
		return s.rows(p, id, t, depth)
	}
	s.lost(t, damage("page %d of %s is of no known kind", id, tableName(t)))
	return nil
}

func tableName(t store.Table) string {
	if t == "" {
		return "the list of tables"
	}
	return "table " + string(t)
}

func (s *salvager) rows(p []byte, id uint64, t store.Table, depth int) error {
	for i := range int(le.Uint16(p[10:])) {
		key, value, inside, err := element(p, i, id)
		if err != nil {
			s.lost(t, fmt.Errorf("a row of %s: %w", tableName(t), err))
			continue
		}
		switch {
		case inside && t == "":
			err = s.table(value, id, store.Table(key), depth)
		case !inside && t != "" && t != MetaTable:
			err = s.found(Find{t, key, value})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// element returns the i-th row of a leaf, and whether it is a table.
func element(p []byte, i int, id uint64) (key, value []byte, inside bool, err error) {
	at := headLen + i*elementLen
	if at+elementLen > len(p) {
		return nil, nil, false, damage("page %d is too full", id)
	}
	start := uint64(at) + uint64(le.Uint32(p[at+4:]))
	if key, err = cut(p, start, le.Uint32(p[at+8:]), id); err != nil {
		return nil, nil, false, err
	}
	value, err = cut(p, start+uint64(len(key)), le.Uint32(p[at+12:]), id)
	return key, value, le.Uint32(p[at:])&isBucket != 0, err
}

// table reads one table, which has pages of its own or stands inside value.
func (s *salvager) table(value []byte, id uint64, t store.Table, depth int) error {
	if len(value) < bucketLen {
		s.lost(t, damage("table %s in page %d is cut short", t, id))
		return nil
	}
	if root := le.Uint64(value); root != 0 {
		return s.walkOn(root, t, depth+1)
	}
	inside := value[bucketLen:]
	if !holdsRows(inside) {
		s.lost(t, damage("table %s in page %d is no table", t, id))
		return nil
	}
	return s.rows(inside, id, t, depth)
}

// holdsRows reports whether a page that stands inside a row, as that of a small table does, begins
// as it must.
func holdsRows(page []byte) bool {
	return len(page) >= headLen && le.Uint16(page[8:]) == leafPage
}

// strays reads the leaves that nothing leads to.
func (s *salvager) strays() error {
	for id := uint64(2); id < s.pages; id++ {
		if s.seen[id/64]&(1<<(id%64)) != 0 {
			continue
		}
		p, err := s.read(id, 0)
		if err != nil || le.Uint16(p[8:]) != leafPage {
			continue // a free page, or what is left of a damaged one
		}
		for i := range int(le.Uint16(p[10:])) {
			key, value, inside, err := element(p, i, id)
			if err != nil || inside {
				continue
			}
			if err := s.found(Find{"", key, value}); err != nil {
				return err
			}
		}
	}
	return nil
}
