package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/bits"
	"strconv"
	"sync"
	"time"

	"tokenscale/audit"
	"tokenscale/audit/segment"
	"tokenscale/authority/ledger"
	"tokenscale/authority/rows"
	"tokenscale/epoch"
	"tokenscale/loop"
	"tokenscale/store"
)

// segmentEntries is how many entries a segment has: those below one node of level 16 of the tree.
const segmentEntries = 1 << 16

// Settings say where segments are kept and when they leave.
type Settings struct {
	Folder string        // of their files; if it is empty none leaves, and none is read
	Copy   Place         // where each file is kept a second time; nil for nowhere
	Keep   time.Duration // how long entries stay in the store; 0 for ever

	// Entries, for tests, is another number of entries of a segment: 256.
	Entries uint64

	// Step, for tests, is called between any two steps; its error ends the work there.
	Step func(step string) error
}

// Options are what an Archiver works with. All but Node are needed.
type Options struct {
	Settings
	DB    store.DB
	Rows  *rows.Rows
	Pause time.Duration // between two looks whether some may leave
	Now   func() epoch.Millis
	Log   *slog.Logger
	Node  string // of a cluster, for the audit log; empty if there is none
}

// An Archiver moves the oldest of the audit log out of the store. It is safe for concurrent use.
type Archiver struct {
	Options
	Segments *Segments // what has left already
	ledger   ledger.Ledger
	moving   sync.Mutex

	built rows.Segment // the newest that this process has built
	older older

	tidied bool // so is the second place

	mu        sync.Mutex
	held      string // what Held returns
	copied    copied
	unwritten []audit.Entry // of what is wrong with files, for the audit log
}

// New returns an Archiver, and has the rows show what has left the store; see rows.Rows.Whole. It
// removes what an Archiver before it left half written.
func New(o Options) *Archiver {
	if o.Entries == 0 {
		o.Entries = segmentEntries
	}
	if o.Step == nil {
		o.Step = func(string) error { return nil }
	}
	a := &Archiver{Options: o, Segments: NewSegments(o.Rows, o.Folder, o.Copy, o.Log), ledger: ledger.New(o.Rows)}
	if o.Folder == "" {
		return a
	}
	o.Rows.Past = a.Segments.Through
	a.tidy(context.Background(), a.Segments.folder)
	return a
}

// Run moves segments as they grow old enough, until ctx ends.
func (a *Archiver) Run(ctx context.Context) {
	if a.Folder == "" {
		return
	}
	defer a.Segments.end()
	a.round(ctx, a.Look, "the files of the audit log that has left the store could not be looked after")
	a.askSecond(ctx)
	loop.Every(ctx, a.Pause, func(ctx context.Context) {
		a.round(ctx, a.Move, "no part of the audit log could leave the store")
		a.round(ctx, a.Look, "the files of the audit log that has left the store could not be looked after")
		a.round(ctx, a.CopyOlder, "a part of the audit log that has left the store could not be copied to its second place")
	})
}

// tidy removes what an Archiver before left half written in a place, unless that takes too long.
func (a *Archiver) tidy(ctx context.Context, p Place) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	_, err := call(ctx, make(chan struct{}, 1), func() (struct{}, error) { return struct{}{}, tidy(p) }, nil)
	if err != nil && !errors.Is(err, context.Canceled) {
		a.Log.Warn("a file that was half written could not be removed", "err", err)
	}
}

func (a *Archiver) round(ctx context.Context, do func(context.Context) error, failed string) {
	if err := do(ctx); err != nil && ctx.Err() == nil {
		a.Log.Error(failed+"; it is tried again", "err", err)
	}
}

// Move moves all segments that are old enough and covered by a signed checkpoint. After an error,
// or when the process dies, the next Move goes on; what was done already it does again.
func (a *Archiver) Move(ctx context.Context) error {
	a.moving.Lock()
	defer a.moving.Unlock()
	if !a.tidied { // not at the start, which a place that hangs must not hold up
		a.tidied = true
		a.tidy(ctx, a.Copy)
	}
	for {
		if err := a.clear(ctx); err != nil {
			return err
		}
		moved, err := a.moveNext(ctx)
		if err != nil || !moved {
			return err
		}
	}
}

// moveNext moves one segment, if one may leave.
func (a *Archiver) moveNext(ctx context.Context) (moved bool, err error) {
	seg, due, err := a.next(ctx)
	if err != nil || !due {
		return false, err
	}
	if seg, err = a.makeOnce(ctx, seg); err != nil {
		return false, fmt.Errorf("building segment %d of the audit log: %w", seg.Number, err)
	}
	if !a.agreed(seg) {
		return false, nil
	}
	if err := a.copyInTime(ctx, seg); err != nil {
		a.copyFailed(ctx)
		return false, fmt.Errorf("copying segment %d of the audit log to %v: %w", seg.Number, a.Segments.second, err)
	}
	return true, a.commit(ctx, seg)
}

// next returns the segment that leaves next, and whether it may already.
func (a *Archiver) next(ctx context.Context) (seg rows.Segment, due bool, err error) {
	now := a.Now()
	err = a.DB.View(ctx, func(r store.Reader) error {
		last, err := a.Rows.LastSegment(r)
		if err != nil {
			return err
		}
		seg = rows.Segment{Number: last.Number + 1, First: last.Last + 1, Last: last.Last + a.Entries}
		end, err := a.ledger.Last(r)
		if err != nil || a.Keep == 0 || end.Seq <= seg.Last {
			return err // the store keeps one at least, which numbers go on from
		}
		if due, err = a.isOld(r, seg, now); err != nil || !due {
			return err
		}
		covered, err := a.ledger.Covered(r)
		due = covered >= seg.Last
		return err
	})
	return seg, due, err
}

// isOld reports whether all entries of a segment are older than entries are kept for. Time never
// runs back in the log, so the last one decides, or, if it is lost, the one behind it.
func (a *Archiver) isOld(r store.Reader, seg rows.Segment, now epoch.Millis) (old bool, err error) {
	from := store.Range{From: []byte(rows.SeqKey(seg.Last)), One: true}
	err = a.Rows.Entries.Each(r, from, func(_ []byte, e audit.Entry) error {
		old = e.Time <= now-epoch.Millis(a.Keep.Milliseconds())
		return nil
	})
	return old, err
}

// makeOnce is make, unless this process has made the file and it is still there: while the others
// are not done with theirs it is asked for again and again.
func (a *Archiver) makeOnce(ctx context.Context, seg rows.Segment) (rows.Segment, error) {
	if a.built.Number == seg.Number && a.Segments.confirm(ctx, a.Segments.folder, a.built) == nil {
		return a.built, nil
	}
	seg, err := a.make(ctx, seg)
	if err == nil {
		a.built = seg
	}
	return seg, err
}

// make builds the file of a segment in the folder, and reads it back.
func (a *Archiver) make(ctx context.Context, seg rows.Segment) (rows.Segment, error) {
	level := bits.TrailingZeros64(a.Entries)
	err := a.Segments.folder.write(segment.FileName(seg.Number), func(out io.Writer) error {
		err := a.DB.View(ctx, func(r store.Reader) (err error) {
			if seg, err = build(a.Rows, r, seg, out); err == nil {
				err = agrees(a.Rows, r, seg, level)
			}
			return err
		})
		return errors.Join(err, a.Step("built"))
	})
	if err == nil {
		err = a.Step("named")
	}
	if err == nil {
		err = a.Segments.confirm(ctx, a.Segments.folder, seg)
	}
	return seg, err
}

// copyTime is how long a file may take to come to its second place, and back to be compared.
const copyTime = 3 * time.Minute

// copyInTime is copy, and gives it up when that takes too long. It is tried again.
func (a *Archiver) copyInTime(ctx context.Context, seg rows.Segment) error {
	ctx, cancel := context.WithTimeoutCause(ctx, copyTime, fmt.Errorf("it did not take it within %v", copyTime))
	defer cancel()
	err := a.copy(ctx, seg)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// copy brings the file to the second place, unless it is there already, and reads it back.
func (a *Archiver) copy(ctx context.Context, seg rows.Segment) error {
	second := a.Segments.second
	if second == nil {
		return nil
	}
	if a.Segments.confirm(ctx, second, seg) == nil {
		a.inSecond(seg.Number)
		return nil
	}
	name := segment.FileName(seg.Number)
	if err := second.Put(ctx, name, a.Segments.folder.Path(name)); err != nil {
		return err
	}
	if err := a.Step("copied"); err != nil {
		return err
	}
	err := a.Segments.confirm(ctx, second, seg)
	if err == nil {
		a.inSecond(seg.Number)
	}
	return err
}

// commit writes down that a segment has left, unless that was done already. From then on its
// entries are read from its file.
func (a *Archiver) commit(ctx context.Context, seg rows.Segment) error {
	now := a.Now()
	if err := a.Step("confirmed"); err != nil {
		return err
	}
	err := a.DB.Update(ctx, func(w store.Writer) error {
		last, err := a.Rows.LastSegment(w)
		if err != nil || last.Last >= seg.First { // somebody else was faster
			return err
		}
		if err := a.Rows.Segments.Put(w, rows.SeqKey(seg.Last), seg); err != nil {
			return err
		}
		return a.ledger.Append(w, a.entry(seg, now))
	}, store.UseReserve)
	if err == nil {
		a.Log.Info("a part of the audit log has left the store", "segment", seg.Number, "first", seg.First, "last", seg.Last, "bytes", seg.Bytes)
		err = a.Step("committed")
	}
	return err
}

func (a *Archiver) entry(seg rows.Segment, now epoch.Millis) audit.Entry {
	return audit.Entry{
		Time: now, Type: audit.Archived, Action: "archive", Sensitive: true, Actor: audit.System(),
		Fields: []audit.Field{
			audit.Count("segment", seg.Number), audit.Count("firstEntry", seg.First), audit.Count("lastEntry", seg.Last),
			audit.One("root", seg.Root.String()), audit.One("sha256", fmt.Sprintf("%x", seg.SHA256)),
			audit.One("bytes", strconv.FormatInt(seg.Bytes, 10)),
		},
	}
}
