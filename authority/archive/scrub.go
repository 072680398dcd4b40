package archive

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"tokenscale/audit"
	"tokenscale/audit/segment"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/loop"
	"tokenscale/store"
)

// A file that nobody needs for years should not be found bad when somebody does. So all of them are
// read to their ends again and again, slowly, and every minute somebody looks whether they are
// there.
const (
	scrubBytes = 256 << 10 // at once
	scrubPause = 20 * time.Millisecond
)

// Scrub reads all files to their ends, 12.8 MB a second at most, and tells of those that are not
// what was written, which are no error of it. Their copies are taken from the second place, if
// there is one.
func (a *Archiver) Scrub(ctx context.Context) error {
	if a.Folder == "" {
		return nil
	}
	return a.each(ctx, func(seg rows.Segment, by *caller) {
		if err := a.Segments.readSlowly(ctx, seg); err != nil && ctx.Err() == nil {
			_ = a.Segments.again(seg, by) // which notes what is wrong
		}
	})
}

// Look finds files that are missing or have another length, and looks again at those that were
// found bad: somebody may have copied them back.
func (a *Archiver) Look(ctx context.Context) error {
	return a.each(ctx, func(seg rows.Segment, by *caller) {
		if _, err := a.Segments.stat(seg); err != nil || a.Segments.bad.get(seg) != nil {
			_ = a.Segments.again(seg, by) // which notes what is wrong
		}
	})
}

// stat looks for the file of a segment, and returns an error if it is not there or cannot be the
// one that was written.
func (s *Segments) stat(seg rows.Segment) (bytes int64, err error) {
	info, err := os.Stat(s.path(seg))
	if err == nil && info.Size() != seg.Bytes {
		err = fmt.Errorf("it has %d bytes instead of %d: %w", info.Size(), seg.Bytes, errOther)
	}
	if info != nil {
		bytes = info.Size()
	}
	return bytes, err
}

// each calls fn for all segments, and tells what was found by then. Once the second place has been
// silent it is asked for no other file: one round waits for it once. The next one asks for others
// first.
func (a *Archiver) each(ctx context.Context, fn func(rows.Segment, *caller)) error {
	all, err := a.all(ctx)
	by := &caller{alive: ctx.Err}
	for _, seg := range a.turned(all) {
		if ctx.Err() != nil {
			break
		}
		asked := !by.silent
		fn(seg, by)
		if asked && by.silent {
			a.silentAt(seg.Number)
		}
	}
	return errors.Join(err, a.tell(ctx, a.Segments.bad.take()))
}

// turned has a list begin behind the segment that the second place was silent about.
func (a *Archiver) turned(all []rows.Segment) []rows.Segment {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := slices.IndexFunc(all, func(seg rows.Segment) bool { return seg.Number > a.copied.silent })
	return slices.Concat(all[max(i, 0):], all[:max(i, 0)])
}

// readSlowly reads the file of a segment to its end, and compares it with its row.
func (s *Segments) readSlowly(ctx context.Context, seg rows.Segment) (err error) {
	f, err := os.Open(s.path(seg))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	whole := bufio.NewReaderSize(&slow{ctx, f}, scrubBytes) // sums ask for less at once
	return same(whole, f, seg)
}

// slow is a Reader that rests after each piece.
type slow struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader.
func (s *slow) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err == nil {
		err = loop.Rest(s.ctx, scrubPause)
	}
	return n, err
}

// tell tells what became of files: in the log, and of what was wrong with them in the audit log.
// What could not be written to that is written the next time.
func (a *Archiver) tell(ctx context.Context, list []news) error {
	var wrong []news
	for _, n := range list {
		name := segment.FileName(n.seg.Number)
		switch {
		case n.why == nil:
			a.Log.Info("a part of the audit log that has left the store can be read here again", "segment", n.seg.Number, "file", name)
			continue
		case n.bad:
			a.Log.Error("a part of the audit log that has left the store cannot be read here", "err", a.Segments.unread(n.seg, n.why))
		default:
			a.Log.Warn("a file of the audit log that has left the store was replaced", "segment", n.seg.Number, "file", name, "why", n.why)
			a.noteMended()
		}
		wrong = append(wrong, n)
	}
	if errors.Is(a.DB.Err(), store.ErrReadOnly) {
		return nil // the log has it
	}
	return a.record(ctx, append(a.takeUnwritten(), a.entriesOf(wrong)...))
}

// entriesOf returns an entry for all files of which the same is to be told, as a whole folder may
// be missing.
func (a *Archiver) entriesOf(wrong []news) (entries []audit.Entry) {
	var order []string
	files := map[string][]string{}
	for _, n := range wrong {
		why := n.why.Error()
		if files[why] == nil {
			order = append(order, why)
		}
		files[why] = append(files[why], segment.FileName(n.seg.Number))
	}
	now := a.Now()
	for _, why := range order {
		entries = append(entries, a.unsound(now, files[why], why))
	}
	return entries
}

func (a *Archiver) unsound(now epoch.Millis, files []string, why string) audit.Entry {
	e := audit.Entry{
		Time: now, Type: audit.Unsound, Action: "integrity", Sensitive: true, Actor: audit.System(),
		Fields: []audit.Field{audit.One("table", string(rows.SegmentsTable)), audit.Many("files", files), audit.One("reason", why)},
	}
	if a.Node != "" {
		e.Fields = append(e.Fields, audit.One("node", a.Node))
	}
	return e
}

// recordBatch is how many entries go into one transaction.
const recordBatch = 16

func (a *Archiver) record(ctx context.Context, entries []audit.Entry) error {
	for len(entries) > 0 {
		part := entries[:min(len(entries), recordBatch)]
		err := a.DB.Update(context.WithoutCancel(ctx), func(w store.Writer) error { return a.ledger.AppendAll(w, part) }, store.UseReserve)
		if err != nil {
			a.keepUnwritten(entries)
			return fmt.Errorf("what is wrong with files of the audit log could not be written to it: %w", err)
		}
		entries = entries[len(part):]
	}
	return nil
}

func (a *Archiver) takeUnwritten() (entries []audit.Entry) {
	a.mu.Lock()
	defer a.mu.Unlock()
	entries, a.unwritten = a.unwritten, nil
	return entries
}

// keepUnwritten keeps entries that could not be written, the oldest ones if there are too many.
func (a *Archiver) keepUnwritten(entries []audit.Entry) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.unwritten = append(a.unwritten, entries...)
	a.unwritten = a.unwritten[:min(len(a.unwritten), mostNews)]
}
