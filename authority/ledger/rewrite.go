package ledger

import (
	"context"
	"errors"
	"slices"
	"time"

	"tokenscale/authority/rows"
)

// ErrAgain is what a sink answers that may have lost the lines of this very
// write. They are written again.
var ErrAgain = errors.New("these audit lines may be lost and are written again")

// ErrCut is what a sink answers when lines that it took before may be lost:
// somebody has copied its file and then cut it off, as logrotate's copytruncate
// does, which may take a while. What was written shortly before is written
// again.
var ErrCut = errors.New("the audit file was cut off, so the last lines are written again")

// WrittenAgain reports whether err is one of those two, and so is no failure.
func WrittenAgain(err error) bool { return errors.Is(err, ErrAgain) || errors.Is(err, ErrCut) }

// A Looker is a sink that can be asked, every second, whether it could take
// lines. It may answer as Write does.
type Looker interface {
	Look() error
}

// copyTime is how long somebody who copies a file before cutting it off may
// take after reading the end of it: they bring the copy to the disk in between.
const copyTime = time.Minute

// noteEvery is how far apart, at least, notes of what was written are; one
// stands for all that is written until then.
const noteEvery = time.Second

// recent notes what was written shortly before the sink was last known to have
// all of it.
type recent struct{ writes []write }

// A write is when a write was done, and how far the log was written out before it.
type write struct {
	at     time.Time
	before rows.Exported
}

// note notes that the sink has some lines more than those before, and those as well.
func (r *recent) note(now time.Time, before rows.Exported) {
	r.seen(now)
	if len(r.writes) == 0 || now.Sub(r.writes[len(r.writes)-1].at) >= noteEvery {
		r.writes = append(r.writes, write{now, before})
	}
}

// seen notes that the sink has all that was written, and forgets what will
// never be asked for.
func (r *recent) seen(now time.Time) {
	old := func(w write) bool { return now.Sub(w.at) > copyTime+noteEvery }
	r.writes = slices.DeleteFunc(r.writes, old)
}

// look asks the sink whether it could take lines, and writes again what it may
// have lost.
func (x *Exporter) look(ctx context.Context) error {
	sink, ok := x.sink.(Looker)
	if !ok {
		return nil
	}
	err := sink.Look()
	if err == nil {
		x.recent.seen(x.wall())
	}
	return x.again(ctx, err)
}

// again prepares for writing again what err says was lost. It returns err if
// it says something else.
func (x *Exporter) again(ctx context.Context, err error) error {
	if !WrittenAgain(err) {
		return err
	}
	x.rest = nil
	x.work.Set()
	if !errors.Is(err, ErrCut) || len(x.recent.writes) == 0 {
		return nil
	}
	before := x.recent.writes[0].before
	x.recent.writes = nil
	x.log.Info("the audit file was cut off; what was written shortly before is written again", "behind", before.Seq)
	if err := x.place.set(ctx, before); err != nil {
		return err
	}
	return x.place.note(ctx)
}
