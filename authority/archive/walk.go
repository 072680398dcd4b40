package archive

import (
	"bytes"
	"container/heap"
	"errors"
	"slices"

	"tokenscale/audit/segment"
	"tokenscale/authority/rows"
	"tokenscale/store"
)

// A walk is one Scan over a table part of which has left the store.
type walk struct {
	r       *reader
	table   store.Table
	section segment.Section
	rg      store.Range
	fn      func(key, value []byte) error
	row     []byte // the sealed row that fn is shown
	shown   int
}

// errEnough ends a walk before its end.
var errEnough = errors.New("the walk is over")

// inTurn walks over rows that lie in the order of the entries: the segments one after the other,
// and the store behind them.
func (w *walk) inTurn(last uint64) error {
	inStore := w.rg
	if behind := []byte(rows.SeqKey(last + 1)); bytes.Compare(inStore.From, behind) < 0 {
		inStore.From = behind
	}
	parts := []func() error{
		w.inFiles,
		func() error {
			return w.r.Reader.Scan(w.table, inStore, func(key, row []byte) error { return w.show(key, row) })
		},
	}
	if w.rg.To != nil && bytes.Compare(w.rg.To, inStore.From) <= 0 {
		parts = parts[:1]
	}
	if w.rg.Reverse && len(parts) > 1 {
		parts[0], parts[1] = parts[1], parts[0]
	}
	for _, part := range parts {
		if err := part(); err != nil {
			return ended(err)
		}
	}
	return nil
}

// ended returns nil for what ends a walk without an error.
func ended(err error) error {
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// show calls fn with a sealed row.
func (w *walk) show(key, row []byte) error {
	if err := w.fn(key, row); err != nil {
		if errors.Is(err, store.Stop) {
			return errEnough
		}
		return err
	}
	if w.rg.One {
		return errEnough
	}
	return nil
}

// looked is after how many rows out of files a walk asks whether it is still wanted.
const looked = 64

// showPast calls fn with a row out of a file.
func (w *walk) showPast(row segment.Row) error {
	if w.shown++; w.shown%looked == 0 {
		if err := w.r.alive(); err != nil {
			return err
		}
	}
	keys := w.r.s.rows.Keys
	w.row = keys.End(append(keys.Begin(w.row[:0]), row.Value...), w.table, row.Key)
	return w.show(row.Key, w.row)
}

// inFiles walks over the segments in the range.
func (w *walk) inFiles() error {
	segs, err := w.segments()
	if err != nil {
		return err
	}
	for _, seg := range segs {
		c, err := w.cursor(seg)
		if err != nil {
			return err
		}
		for {
			row, ok, err := c.Next()
			if err != nil {
				return w.r.s.failed(seg, err, &w.r.by)
			}
			if !ok {
				break
			}
			if err := w.showPast(row); err != nil {
				return err
			}
		}
	}
	return nil
}

// segments returns those that the range touches, in the order of the walk.
func (w *walk) segments() (list []rows.Segment, err error) {
	some := store.Range{From: first8(w.rg.From), Reverse: w.rg.Reverse}
	err = w.r.s.rows.Segments.Each(w.r.Reader, some, func(_ []byte, seg rows.Segment) error {
		if (w.rg.To == nil || bytes.Compare([]byte(rows.SeqKey(seg.First)), w.rg.To) < 0) && !w.r.passesOver(seg) {
			list = append(list, seg)
		}
		return nil
	})
	return list, err
}

// first8 returns the number that a bound begins with, as a key of a segment; nil if it is open.
func first8(bound []byte) []byte {
	if len(bound) <= 8 {
		return bound
	}
	return bound[:8]
}

func (w *walk) cursor(seg rows.Segment) (*segment.Cursor, error) {
	f, err := w.r.s.open(seg, &w.r.by)
	if err != nil {
		return nil, err
	}
	return f.Walk(w.section, w.rg.From, w.rg.To, w.rg.Reverse), nil
}

// A source is what a merge reads from: segments whose rows in the range come one after the other.
type source struct {
	segs   []rows.Segment // the first is read, and the next one is opened when it ends
	cursor *segment.Cursor
	row    segment.Row // the next one
}

// sources are ordered by the keys of their next rows.
type sources struct {
	list    []*source
	reverse bool
}

func (s *sources) Len() int      { return len(s.list) }
func (s *sources) Swap(i, j int) { s.list[i], s.list[j] = s.list[j], s.list[i] }
func (s *sources) Push(x any)    { s.list = append(s.list, x.(*source)) }
func (s *sources) Less(i, j int) bool {
	return before(s.list[i].row.Key, s.list[j].row.Key, s.reverse)
}

func (s *sources) Pop() any {
	last := s.list[len(s.list)-1]
	s.list = s.list[:len(s.list)-1]
	return last
}

func before(a, b []byte, reverse bool) bool {
	if reverse {
		a, b = b, a
	}
	return bytes.Compare(a, b) < 0
}

// merge walks over rows of which each segment and the store have some everywhere. A row that is in
// both is the store's.
func (w *walk) merge() error {
	s, err := w.begin()
	if err != nil {
		return err
	}
	err = w.r.Reader.Scan(w.table, store.Range{From: w.rg.From, To: w.rg.To, Reverse: w.rg.Reverse}, func(key, row []byte) error {
		if err := w.drain(s, key); err != nil {
			return err
		}
		return w.show(key, row)
	})
	if err == nil {
		err = w.drain(s, nil)
	}
	return ended(err)
}

// drain shows the rows of files before a key, or all, and leaves out one that has the key.
func (w *walk) drain(s *sources, key []byte) error {
	for s.Len() > 0 {
		next := s.list[0]
		if key != nil && !before(next.row.Key, key, w.rg.Reverse) && !bytes.Equal(next.row.Key, key) {
			return nil
		}
		if !bytes.Equal(next.row.Key, key) {
			if err := w.showPast(next.row); err != nil {
				return err
			}
		}
		more, err := next.step(w)
		if err != nil {
			return err
		}
		if more {
			heap.Fix(s, 0)
		} else {
			heap.Pop(s)
		}
	}
	return nil
}

// step goes on to the next row.
func (s *source) step(w *walk) (more bool, err error) {
	for ; len(s.segs) > 0; s.segs, s.cursor = s.segs[1:], nil {
		if s.cursor == nil {
			if s.cursor, err = w.cursor(s.segs[0]); err != nil {
				return false, err
			}
		}
		if s.row, more, err = s.cursor.Next(); err != nil {
			return false, w.r.s.failed(s.segs[0], err, &w.r.by)
		}
		if more {
			return true, nil
		}
	}
	return false, nil
}

// begin opens the segments that may have the first rows in the range.
func (w *walk) begin() (*sources, error) {
	s := &sources{reverse: w.rg.Reverse}
	all, err := w.r.list()
	if err != nil {
		return nil, err
	}
	for _, segs := range w.chains(slices.DeleteFunc(all, w.without)) {
		next := &source{segs: segs}
		more, err := next.step(w)
		if err != nil {
			return nil, err
		}
		if more {
			s.list = append(s.list, next)
		}
	}
	heap.Init(s)
	return s, nil
}

// chains returns the segments as sources have them. Those of one token lie in the order of the
// entries, so whoever wants to know how it began opens the first of them alone.
func (w *walk) chains(all []rows.Segment) [][]rows.Segment {
	if !w.ofOne() {
		return slices.Collect(slices.Chunk(all, 1))
	}
	if w.rg.Reverse {
		slices.Reverse(all)
	}
	return [][]rows.Segment{all}
}

// ofOne reports whether the range is of one token.
func (w *walk) ofOne() bool {
	from, _, ok := rows.ParseSubjectKey(w.rg.From)
	to, until, bounded := rows.ParseSubjectKey(w.rg.To)
	return ok && bounded && (to == from || to == from+1 && until == 0)
}

// without reports whether a segment surely has no row in the range, by what its row says: nothing
// of tokens that came later, and of one token nothing outside of its entries.
func (w *walk) without(seg rows.Segment) bool {
	from, since, ok := rows.ParseSubjectKey(w.rg.From)
	if !ok {
		return false
	}
	to, until, _ := rows.ParseSubjectKey(w.rg.To)
	return from > seg.Highest || w.ofOne() && (since > seg.Last || to == from && until <= seg.First)
}
