package bolt

import (
	"errors"
	"fmt"
	"os"

	"tokenscale/store"
)

// A Salvage is what could be read of a damaged file.
type Salvage struct {
	Pages  int // read and used
	Damage []Damage
}

// A Damage is one part of a file that could not be read.
type Damage struct {
	Table store.Table // empty if it is not known which tables it was of
	Err   error
}

// A Find is one row that was found in a damaged file. Its bytes are valid
// only until the function it is given to returns. They may be wrong: rows
// must be sealed by those who write them.
type Find struct {
	// Table is where the row stands. It is empty for a row of a page that
	// nothing leads to: the page above it may be damaged, but it may as well
	// be an old page that was not yet used again, with rows that were changed
	// or deleted since.
	Table      store.Table
	Key, Value []byte
}

// Rows reads what is left of the file at path, which may be damaged in any
// way, and calls fn with each row; stray ones come last. It changes nothing.
// It returns an error only if there is nothing to go by, or if fn does.
func Rows(path string, fn func(Find) error) (Salvage, error) {
	f, err := os.Open(path)
	if err != nil {
		return Salvage{}, err
	}
	s := &salvager{checker: checker{f: f}, found: fn}
	info, err := f.Stat()
	if err == nil {
		s.size = info.Size()
		err = s.readAll()
	}
	return s.Salvage, errors.Join(err, f.Close())
}

// A salvager walks the pages of a file as a checker does, but goes on behind
// damage.
type salvager struct {
	checker
	Salvage
	size  int64 // of the file, which may be shorter than it says
	found func(Find) error
}

func (s *salvager) readAll() error {
	m, err := s.start()
	if err != nil {
		return err
	}
	s.begin(m)
	if err := s.walkOn(m.root, "", 0); err != nil {
		return err
	}
	if len(s.Damage) == 0 {
		return nil // then strays are old pages
	}
	return s.strays()
}

func (s *salvager) begin(m meta) {
	pages := min(m.pages, uint64(s.size/m.page))
	s.checker = checker{f: s.f, page: m.page, pages: pages, seen: make([]uint64, pages/64+1)}
}

// start returns the description of the file to go by: the newest, unless its
// list of tables is damaged and that of the commit before it is not, whose
// pages are still there.
func (s *salvager) start() (meta, error) {
	newest, err := s.meta()
	if err != nil {
		return newest, err
	}
	if s.listed(newest) {
		return newest, nil
	}
	for _, at := range []int64{0, newest.page} {
		if m, ok := s.metaAt(at); ok && m.page == newest.page && m.txid != newest.txid && s.listed(m) {
			s.lost("", damage("the list of tables of the last commit; what follows is as of the commit before it"))
			return m, nil
		}
	}
	return newest, nil
}

// listed reports whether the list of tables of m is whole, as far as it can be
// told. A list that has grown beyond one page is taken for whole.
func (s *salvager) listed(m meta) bool {
	s.begin(m)
	p, err := s.read(m.root, 0)
	if err != nil {
		return false
	}
	if le.Uint16(p[8:]) == branchPage {
		return true
	}
	n := int(le.Uint16(p[10:]))
	for i := range n {
		_, value, inside, err := element(p, i, m.root)
		if err != nil || !inside || len(value) < bucketLen {
			return false
		}
		if root := le.Uint64(value); root != 0 {
			if _, err := s.read(root, 1); err != nil {
				return false
			}
		}
	}
	return n > 0 && le.Uint16(p[8:]) == leafPage
}

func (s *salvager) lost(t store.Table, err error) { s.Damage = append(s.Damage, Damage{t, err}) }

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
		case !inside && t != "" && t != metaTable:
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
	if len(inside) < headLen || le.Uint16(inside[8:]) != leafPage {
		s.lost(t, damage("table %s in page %d is no table", t, id))
		return nil
	}
	return s.rows(inside, id, t, depth)
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
