package archive

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"tokenscale/audit/segment"
	"tokenscale/authority/rows"
)

// older is how far a look at the second place has come. Nothing may leave without its copy, but
// what left before there was a second place has none.
type older struct {
	there  map[uint64]bool // the numbers of the segments that are known to be in the second place
	behind uint64          // which one was looked at last
}

// CopyOlder brings files of segments that have left the store long ago to the second place, if they
// are not there: those behind the last ones, 16 of them at most, and then from the oldest on again.
// Files that are not what was written stay where they are.
func (a *Archiver) CopyOlder(ctx context.Context) error {
	if a.Segments.second == nil {
		return nil
	}
	a.moving.Lock()
	defer a.moving.Unlock()
	all, err := a.all(ctx)
	if err != nil {
		return err
	}
	for _, seg := range a.older.next(all) {
		a.older.behind = seg.Number // one that fails keeps none of the others waiting
		if err := a.copyOlder(ctx, seg); err != nil {
			a.copyFailed(ctx)
			return fmt.Errorf("copying segment %d of the audit log to %v: %w", seg.Number, a.Segments.second, err)
		}
	}
	return nil
}

// next returns the segments to look at.
func (o *older) next(all []rows.Segment) (next []rows.Segment) {
	for _, seg := range all {
		if seg.Number > o.behind && !o.there[seg.Number] && len(next) < asked {
			next = append(next, seg)
		}
	}
	if len(next) == 0 {
		o.behind = 0
	}
	return next
}

func (a *Archiver) copyOlder(ctx context.Context, seg rows.Segment) error {
	name := segment.FileName(seg.Number)
	asking, cancel := context.WithTimeoutCause(ctx, fetchTime, errSilent)
	defer cancel()
	in, err := a.Segments.second.Get(asking, name)
	switch {
	case err == nil:
		_ = in.Close() // nothing was read
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case a.Segments.confirm(ctx, a.Segments.folder, seg) != nil:
		return ctx.Err() // the file is for Look and Scrub to tell of
	default:
		if err := a.copyInTime(ctx, seg); err != nil {
			return err
		}
		a.Log.Info("a file of the audit log that has left the store was copied", "segment", seg.Number, "file", name, "to", a.Segments.second.String())
	}
	if a.older.there == nil {
		a.older.there = map[uint64]bool{}
	}
	a.older.there[seg.Number] = true
	return nil
}
