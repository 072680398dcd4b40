package archive

import (
	"context"

	"tokenscale/authority/rows"
	"tokenscale/store"
)

// A Survey is what the files of all segments are like.
type Survey struct {
	Whole []rows.Segment // those whose files are what was written, the first one first
	Bad   []*Unreadable  // the others
}

// Left returns the segments that cannot be read, the first one first.
func (s Survey) Left() (left []rows.Segment) {
	for _, u := range s.Bad {
		left = append(left, u.Segment)
	}
	return left
}

// Last returns the number of the last entry in a segment.
func (s Survey) Last() (last uint64) {
	for _, seg := range append(s.Left(), s.Whole...) {
		last = max(last, seg.Last)
	}
	return last
}

// Survey reads the files of all segments to their ends. A file that is not what was written is no
// error of it, and does not keep it from the others. Nothing is taken from the second place.
func (s *Segments) Survey(ctx context.Context, tx store.Reader) (found Survey, err error) {
	list, err := s.All(tx)
	for _, seg := range list {
		if err := ctx.Err(); err != nil {
			return found, err
		}
		s.forget(seg)
		if _, err := s.check(seg); err != nil {
			found.Bad = append(found.Bad, s.unread(seg, err))
			continue
		}
		found.Whole = append(found.Whole, seg)
	}
	return found, err
}
