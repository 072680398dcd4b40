package archive

import (
	"bytes"
	"encoding/binary"
	"slices"

	"tokenscale/audit/segment"
	"tokenscale/authority/rows"
	"tokenscale/store"
	"tokenscale/token"
)

// A reader is the rows of a store and those that have left it, sealed as if they were in it still.
// It keeps nothing that its transaction does not, and belongs to one goroutine as that does.
type reader struct {
	store.Reader
	s    *Segments
	left []rows.Segment // that are passed over
	by   caller
}

// Through returns a Reader of what is in the store and what has left it; see rows.Past.
func (s *Segments) Through(tx store.Reader) store.Reader { return s.Without(tx, nil) }

// Without is Through, but passes over some segments: of the rows in them it shows none.
func (s *Segments) Without(tx store.Reader, left []rows.Segment) store.Reader {
	r := &reader{Reader: tx, s: s, left: left}
	r.by.alive = r.alive
	return r
}

// LeftOut implements rows.Past.
func (r *reader) LeftOut() []rows.Segment { return r.left }

// list returns the segments that are not passed over.
func (r *reader) list() ([]rows.Segment, error) {
	all, err := r.s.All(r.Reader)
	return slices.DeleteFunc(all, r.passesOver), err
}

func (r *reader) passesOver(seg rows.Segment) bool {
	return slices.ContainsFunc(r.left, func(l rows.Segment) bool { return l.Number == seg.Number })
}

// Present implements rows.Past.
func (r *reader) Present() store.Reader { return r.Reader }

// sectionOf returns where rows of a table are in files, and false for tables that never leave.
func sectionOf(t store.Table) (segment.Section, bool) {
	switch t {
	case rows.AuditTable:
		return segment.Entries, true
	case rows.EvidenceTable:
		return segment.Evidence, true
	case rows.SubjectsTable:
		return segment.Subjects, true
	}
	return 0, false
}

// Get implements store.Reader.
func (r *reader) Get(t store.Table, key []byte) ([]byte, error) {
	row, err := r.Reader.Get(t, key)
	section, leaves := sectionOf(t)
	if err != nil || row != nil || !leaves {
		return row, err
	}
	seq, ok := seqOf(t, key)
	if !ok {
		return nil, nil
	}
	seg, ok, err := r.segmentOf(seq)
	if err != nil || !ok || seq < seg.First || r.passesOver(seg) {
		return nil, err
	}
	f, err := r.s.open(seg, &r.by)
	if err != nil {
		return nil, err
	}
	value, err := f.Get(section, key)
	if err != nil {
		return nil, r.s.failed(seg, err, &r.by)
	}
	if value == nil {
		return nil, nil
	}
	return r.s.rows.Keys.Seal(t, key, value), nil
}

// seqOf returns the number of the entry that a key belongs to.
func seqOf(t store.Table, key []byte) (seq uint64, ok bool) {
	if t == rows.SubjectsTable {
		_, seq, ok = rows.ParseSubjectKey(key)
		return seq, ok
	}
	if len(key) < 8 {
		return 0, false
	}
	return binary.BigEndian.Uint64(key), true
}

// segmentOf returns the segment that an entry is in, if it has left the store.
func (r *reader) segmentOf(seq uint64) (seg rows.Segment, ok bool, err error) {
	err = r.s.rows.Segments.Each(r.Reader, store.Range{From: []byte(rows.SeqKey(seq)), One: true}, func(_ []byte, s rows.Segment) error {
		seg, ok = s, true
		return nil
	})
	return seg, ok, err
}

// Scan implements store.Reader.
func (r *reader) Scan(t store.Table, rg store.Range, fn func(key, value []byte) error) error {
	section, leaves := sectionOf(t)
	if !leaves {
		return r.Reader.Scan(t, rg, fn)
	}
	last, err := r.s.rows.LastSegment(r.Reader)
	if err != nil {
		return err
	}
	if last.Number == 0 || t != rows.SubjectsTable && bytes.Compare(rg.From, []byte(rows.SeqKey(last.Last+1))) >= 0 {
		return r.Reader.Scan(t, rg, fn)
	}
	w := &walk{r: r, table: t, section: section, rg: rg, fn: fn}
	if t == rows.SubjectsTable {
		return w.merge()
	}
	return w.inTurn(last.Last)
}

// NumberOf implements rows.Past.
func (r *reader) NumberOf(id token.ID) (n token.Number, err error) {
	list, err := r.list()
	if err != nil {
		return 0, err
	}
	for i := len(list) - 1; i >= 0; i-- {
		f, err := r.s.open(list[i], &r.by)
		if err != nil {
			return 0, err
		}
		value, err := f.Get(segment.Tokens, []byte(id))
		if err != nil {
			return 0, r.s.failed(list[i], err, &r.by)
		}
		if len(value) == 8 {
			return token.Number(binary.BigEndian.Uint64(value)), nil
		}
		if err := r.alive(); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// alive returns an error once the transaction is over: a scan ends with its context, and reading
// files has to as well.
func (r *reader) alive() error {
	return r.Reader.Scan(rows.SegmentsTable, store.Range{One: true}, func(_, _ []byte) error { return nil })
}
