package archive

import (
	"context"

	"tokenscale/audit/segment"
	"tokenscale/authority/rows"
	"tokenscale/store"
)

// A State is what has left the store, and how its files are.
type State struct {
	Segments int     // that have left
	Entries  uint64  // of the audit log, in them
	Files    int     // of them in the folder
	Bytes    int64   // of these files
	Bad      []error // for each segment whose file cannot be read here: which, and what to do

	Second       bool   // whether files are kept a second time
	Archived     uint64 // number of the newest segment that is known to be there; 0 if none is
	CopyFailures uint64 // how often a file could not be brought there
	Mended       uint64 // files that were taken from there because they were missing or bad
}

// copied is what is known of the second place.
type copied struct {
	newest, failures, mended uint64
	silent                   uint64 // the number of the segment that it did not give in time
}

// State says what has left the store. It looks whether the files are there and how long, and reads
// none: one that was changed is bad once somebody has needed it, or Scrub has come to it.
func (a *Archiver) State(ctx context.Context) (s State, err error) {
	all, err := a.all(ctx)
	s.Segments = len(all)
	for _, seg := range all {
		s.Entries += seg.Last + 1 - seg.First
		a.addFile(&s, seg)
	}
	s.Second = a.Segments.second != nil
	a.mu.Lock()
	defer a.mu.Unlock()
	s.Archived, s.CopyFailures, s.Mended = a.copied.newest, a.copied.failures, a.copied.mended
	return s, err
}

// addFile adds the file of one segment to a State.
func (a *Archiver) addFile(s *State, seg rows.Segment) {
	bytes, err := a.Segments.stat(seg)
	if bytes > 0 {
		s.Files++
		s.Bytes += bytes
	}
	switch u := a.Segments.bad.get(seg); {
	case u != nil:
		s.Bad = append(s.Bad, u)
	case err != nil:
		s.Bad = append(s.Bad, a.Segments.unread(seg, err))
	}
}

// all returns what has left the store.
func (a *Archiver) all(ctx context.Context) (list []rows.Segment, err error) {
	err = a.DB.View(ctx, func(r store.Reader) (err error) {
		list, err = a.Segments.All(r)
		return err
	})
	return list, err
}

func (a *Archiver) copyFailed(ctx context.Context) {
	if ctx.Err() != nil {
		return // it was not tried to its end
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.copied.failures++
}

// inSecond notes that the second place has the file of a segment.
func (a *Archiver) inSecond(number uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.copied.newest = max(a.copied.newest, number)
}

func (a *Archiver) silentAt(number uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.copied.silent = number
}

func (a *Archiver) noteMended() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.copied.mended++
}

// asked is for how many of the newest files the second place is asked at most.
const asked = 16

// askSecond finds out which is the newest file in the second place.
func (a *Archiver) askSecond(ctx context.Context) {
	second := a.Segments.second
	all, err := a.all(ctx)
	if second == nil || err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	for i := len(all) - 1; i >= max(0, len(all)-asked); i-- {
		in, err := second.Get(ctx, segment.FileName(all[i].Number))
		if err == nil {
			_ = in.Close() // nothing was read
			a.inSecond(all[i].Number)
			return
		}
	}
}
