package boltfile

import (
	"errors"
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

// A Find is one row that was found in a damaged file. Its bytes are valid only until the
// function it is given to returns. They may be wrong: rows must be sealed by those who write
// them.
type Find struct {
	// Table is where the row stands. It is empty for a row of a page that nothing leads to: the
	// page above it may be damaged, but it may as well be an old page that was not yet used
	// again, with rows that were changed or deleted since.
	Table      store.Table
	Key, Value []byte
}

// Rows reads what is left of the file at path, which may be damaged in any way, and calls fn
// with each row; stray ones come last. It changes nothing. It returns an error only if there is
// nothing to go by, or if fn does.
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

// A salvager walks the pages of a file as a checker does, but goes on behind damage.
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
	if err := s.walkOn(m.Root, "", 0); err != nil {
		return err
	}
	if len(s.Damage) == 0 {
		return nil // then strays are old pages
	}
	return s.strays()
}

func (s *salvager) begin(m Meta) {
	pages := min(m.Pages, uint64(s.size/m.PageSize))
	s.checker = checker{f: s.f, page: m.PageSize, pages: pages, seen: make([]uint64, pages/64+1)}
}

// start returns the description of the file to go by: the newest, unless its list of tables is
// damaged and that of the commit before it is not, whose pages are still there.
func (s *salvager) start() (Meta, error) {
	newest, err := s.meta()
	if err != nil {
		return newest, err
	}
	if s.listed(newest) {
		return newest, nil
	}
	for _, at := range []int64{0, newest.PageSize} {
		if m := s.metaAt(at); m.PageSize == newest.PageSize && m.Commit != newest.Commit && s.listed(m) {
			s.lost("", damage("the list of tables of the last commit; what follows is as of the commit before it"))
			return m, nil
		}
	}
	return newest, nil
}

// listed reports whether the list of tables of m is whole, as far as it can be told. A list that
// has grown beyond one page is taken for whole.
func (s *salvager) listed(m Meta) bool {
	s.begin(m)
	p, err := s.read(m.Root, 0)
	if err != nil {
		return false
	}
	if le.Uint16(p[8:]) == branchPage {
		return true
	}
	n := int(le.Uint16(p[10:]))
	for i := range n {
		_, value, inside, err := element(p, i, m.Root)
		if err != nil || !inside || len(value) < bucketLen {
			return false
		}
		if root := le.Uint64(value); root != 0 {
			if _, err := s.read(root, 1); err != nil {
				return false
			}
		} else if !holdsRows(value[bucketLen:]) {
			return false
		}
	}
	return n > 0 && le.Uint16(p[8:]) == leafPage
}

func (s *salvager) lost(t store.Table, err error) { s.Damage = append(s.Damage, Damage{t, err}) }
